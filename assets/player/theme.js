// Colours by role: the palette travels with the run, so that a change of theme needs no server.

const ROLE = "role:";

// "role:sgd" -> its colour; "role:sgd@0.4" -> the same at 40 % opacity; a role of several colours -> a colour scale.
function colour(name, colours) {
  const [role, opacity] = name.slice(ROLE.length).split("@");
  const value = colours[role];
  if (Array.isArray(value)) return value.map((each, i) => [i / (value.length - 1), each]);
  return opacity === undefined ? value : translucent(value, Number(opacity));
}

export function translucent(hex, opacity) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  return `rgba(${red}, ${green}, ${blue}, ${opacity})`;
}

export function coloured(value, colours) {
  if (typeof value === "string") return value.startsWith(ROLE) ? colour(value, colours) : value;
  if (Array.isArray(value)) return typeof value[0] === "number" ? value : value.map((each) => coloured(each, colours));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, coloured(each, colours)]));
}

// The page's own background decides; a transition on an invisible element tells when it changes.
export function watchTheme(probe, changed) {
  let current = themeOf(probe);
  const look = () => {
    const next = themeOf(probe);
    if (next === current) return;
    current = next;
    changed();
  };
  probe.addEventListener("transitionend", look);
  return { name: () => current, stop: () => probe.removeEventListener("transitionend", look) };
}

function themeOf(probe) {
  const background = getComputedStyle(probe).backgroundColor;
  const [red, green, blue] = background.startsWith("rgb(") ? background.slice(4).split(",").map(parseFloat) : painted(background);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 128 ? "dark" : "light";
}

// Of a colour that is said in another way. A first canvas takes 40 ms.
function painted(colour) {
  const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  return context.getImageData(0, 0, 1, 1).data;
}
