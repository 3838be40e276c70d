// Space plays, arrows step, Home and End jump: inside a player, and on the whole page for the player used last. Space plays from
// everywhere but a field for text: a button that was clicked does not keep it, one that was reached by Tab does.

let last = null;
let reached = false; // whether what has the focus was reached by Tab

document.addEventListener("pointerdown", () => (reached = false), true);
document.addEventListener("keydown", (event) => event.key === "Tab" && (reached = true), true);

export function listenToKeys(root, actions) {
  const self = { root };
  last = self;
  const use = () => (last = self);
  let handled = null; // the key that is down, if it was ours
  const press = (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.composedPath()[0];
    const within = root.contains(target);
    if (!within && last !== self) return;
    if (event.key === " " ? pressedBySpace(target) : within ? target.matches("select") : takesKeys(target)) return;
    const action = actions[event.key === " " ? "Space" : event.key];
    if (!action) return;
    event.preventDefault();
    handled = event.key;
    action();
  };
  // A button is pressed when Space is let go.
  const letGo = (event) => {
    if (event.key === handled) event.preventDefault();
    handled = null;
  };
  root.addEventListener("pointerdown", use);
  root.addEventListener("focusin", use);
  document.addEventListener("keydown", press);
  document.addEventListener("keyup", letGo, true);
  return () => {
    if (last === self) last = null;
    root.removeEventListener("pointerdown", use);
    root.removeEventListener("focusin", use);
    document.removeEventListener("keydown", press);
    document.removeEventListener("keyup", letGo, true);
  };
}

const FIELDS = "input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable], [role=combobox], [role=textbox]";
const PRESSED = "input, button, a[href], summary, [role=tab], [role=option], [role=radio], [role=switch]";

function pressedBySpace(target) {
  if (!(target instanceof Element)) return false;
  return target.closest(FIELDS) !== null || (reached && target.closest(PRESSED) !== null);
}

function takesKeys(target) {
  const selector = "input, textarea, select, button, a[href], summary, [contenteditable], [role=slider], [role=tab], [role=option], [role=radio]";
  return target instanceof Element && target.closest(selector) !== null;
}
