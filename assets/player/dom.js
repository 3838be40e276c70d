// Small helpers to make elements.

export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

const ICONS = {
  play: '<path d="M7 4.5v15l13-7.5z"/>',
  pause: '<path d="M6 4.5h4.2v15H6zM13.8 4.5H18v15h-4.2z"/>',
  replay: '<path d="M12 5V1.5L6.5 6l5.5 4.5V7a5.75 5.75 0 1 1-5.75 5.75H4.25A7.75 7.75 0 1 0 12 5z"/>',
  back: '<path d="M18 5v14l-9-7zM5.5 5H8v14H5.5z"/>',
  forward: '<path d="M6 5v14l9-7zM16 5h2.5v14H16z"/>',
  expand: '<path d="M4 9.5V4h5.5v2H6v3.5zM14.5 4H20v5.5h-2V6h-3.5zM6 14.5V18h3.5v2H4v-5.5zM18 14.5h2V20h-5.5v-2H18z"/>',
  save: '<path d="M11 3h2v9.2l3.3-3.3 1.4 1.4L12 16l-5.7-5.7 1.4-1.4 3.3 3.3zM4 17h2v2h12v-2h2v4H4z"/>',
  share: '<path d="M17 2.5a3.2 3.2 0 1 1-2.4 5.3L9.1 11a3.3 3.3 0 0 1 0 2l5.5 3.2a3.2 3.2 0 1 1-.9 1.7l-5.5-3.2a3.2 3.2 0 1 1 0-5.4l5.5-3.2A3.2 3.2 0 0 1 17 2.5z"/>',
  code: '<path fill-rule="evenodd" d="M3 3h8v8H3zm2 2v4h4V5zM13 3h8v8h-8zm2 2v4h4V5zM3 13h8v8H3zm2 2v4h4v-4zM13 13h3v3h-3zM18 13h3v3h-3zM13 18h3v3h-3zM18 18h3v3h-3z"/>',
  present: '<path fill-rule="evenodd" d="M2 4h20v12.5h-8.5l3 4h-2.4L12 17.2l-2.1 3.3H7.5l3-4H2zm2 2v8.5h16V6z"/>',
  warning: '<path d="M12 3 1.8 20.5h20.4zM11 10h2v5.5h-2zm0 6.7h2v2h-2z" fill-rule="evenodd"/>',
};

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("azl-icon");
  svg.innerHTML = ICONS[name];
  return svg;
}

export function button(label, content, attributes = {}) {
  const node = element("button", { type: "button", class: "azl-button", "aria-label": label, title: label, ...attributes });
  node.append(content);
  return node;
}
