// Space plays, arrows step, Home and End jump: inside a player, and on the whole page for the player used last.

let last = null;

export function listenToKeys(root, actions) {
  const self = { root };
  last = self;
  const use = () => (last = self);
  const press = (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.composedPath()[0];
    const within = root.contains(target);
    if (!within && (last !== self || takesKeys(target))) return;
    if (within && target.matches("select")) return;
    if (within && target.matches("button") && event.key === " ") return;
    const action = actions[event.key === " " ? "Space" : event.key];
    if (!action) return;
    event.preventDefault();
    action();
  };
  root.addEventListener("pointerdown", use);
  root.addEventListener("focusin", use);
  document.addEventListener("keydown", press);
  return () => {
    if (last === self) last = null;
    root.removeEventListener("pointerdown", use);
    root.removeEventListener("focusin", use);
    document.removeEventListener("keydown", press);
  };
}

function takesKeys(target) {
  const selector = "input, textarea, select, button, a[href], summary, [contenteditable], [role=slider], [role=tab], [role=option], [role=radio]";
  return target instanceof Element && target.closest(selector) !== null;
}
