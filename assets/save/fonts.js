// The page's own fonts within a style sheet, for what must be seen as it is without the page.

const kept = new Map();

/**
 * The declarations of the first font of a CSS font family, with the fonts in them.
 * @param {string} family
 * @returns {Promise<string>}
 */
export function fontFaces(family) {
  const name = plain(family.split(",")[0]);
  if (!kept.has(name)) kept.set(name, gathered(name));
  return kept.get(name);
}

const plain = (name) => name.trim().replace(/^["']|["']$/g, "");

async function gathered(name) {
  const faces = [...document.styleSheets].flatMap((sheet) => {
    const rules = /** @type {any[]} */ ([...rulesOf(sheet)]);
    return rules.filter((rule) => rule instanceof CSSFontFaceRule && plain(rule.style.getPropertyValue("font-family")) === name)
      .map((rule) => ({ text: rule.cssText, base: sheet.href ?? document.baseURI }));
  });
  return (await Promise.all(faces.map(within))).join("\n");
}

// A style sheet from elsewhere does not tell its rules.
function rulesOf(sheet) {
  try {
    return sheet.cssRules;
  } catch {
    return [];
  }
}

async function within({ text, base }) {
  const address = text.match(/url\("([^"]+)"\)/)?.[1];
  if (!address) return "";
  const bytes = new Uint8Array(await (await fetch(new URL(address, base))).arrayBuffer());
  let letters = "";
  for (let at = 0; at < bytes.length; at += 0x8000) letters += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return text.replace(address, `data:font/woff2;base64,${btoa(letters)}`);
}
