// A canvas as a PNG that says what it is: text and pixels per metre are chunks of their own, before the pixels.

const HEADER = 33; // bytes of the signature and the first chunk
const INCH = 0.0254; // metres

/**
 * @param {HTMLCanvasElement} canvas
 * @param {{texts: Record<string, string>, resolution: number}} said texts by keyword; pixels an inch when printed
 * @returns {Promise<Blob>}
 */
export async function png(canvas, { texts, resolution }) {
  const pixels = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!pixels) throw new Error("This browser has no memory for a picture of this size.");
  const bytes = new Uint8Array(await pixels.arrayBuffer());
  const chunks = [density(resolution), ...Object.entries(texts).map(([keyword, text]) => international(keyword, text))];
  return new Blob([bytes.subarray(0, HEADER), ...chunks, bytes.subarray(HEADER)], { type: "image/png" });
}

const utf8 = new TextEncoder();

// Text in UTF-8, not compressed; it is in no particular language.
const international = (keyword, text) => chunk("iTXt", new Uint8Array([...utf8.encode(keyword), 0, 0, 0, 0, 0, ...utf8.encode(text)]));

function density(resolution) {
  const data = new DataView(new ArrayBuffer(9));
  for (const at of [0, 4]) data.setUint32(at, Math.round(resolution / INCH));
  data.setUint8(8, 1);
  return chunk("pHYs", new Uint8Array(data.buffer));
}

/**
 * A chunk: its length, its name, its data, and a sum of the two that tells whether they arrived.
 * @param {string} name
 * @param {Uint8Array} data
 */
export function chunk(name, data) {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(utf8.encode(name), 4);
  bytes.set(data, 8);
  view.setUint32(data.length + 8, sum(bytes.subarray(4, data.length + 8)));
  return bytes;
}

// CRC-32.
function sum(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return (value ^ 0xffffffff) >>> 0;
}
