// Pointer and keys over the anatomy's picture: what is dragged, where is clicked, which way the arrows go. What follows from it is said
// by `hands`; here nothing is known of Γ or Σ.

const STILL = 5; // pixels: a press that moves less is a click
const FAST = 5; // steps of an arrow with the shift key
const STEPS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

// hands: {grasp(grip, axis), drag([x, y]), release([x, y]), click([x, y]), step(towards, across), touched()}; places are pixels of the
// stage. Returns {pressed(), stop()}.
export function listenToHands(root, stage, grips, hands) {
  let dragging = false;
  let pressed = null;
  const within = (event) => {
    const { left, top } = stage.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  };

  grips.addEventListener("pointerdown", (event) => {
    const grip = event.target.dataset?.grip;
    if (!grip || event.button > 0) return;
    event.preventDefault();
    event.stopPropagation();
    stage.focus({ preventScroll: true });
    grips.setPointerCapture(event.pointerId);
    dragging = true;
    root.dataset.dragging = grip;
    hands.grasp(grip, Number(event.target.dataset.axis));
  });
  grips.addEventListener("pointermove", (event) => dragging && hands.drag(within(event)));
  const release = (event) => {
    if (!dragging) return;
    dragging = false;
    delete root.dataset.dragging;
    hands.release(within(event));
  };
  grips.addEventListener("pointerup", release);
  grips.addEventListener("pointercancel", release);

  const down = (event) => {
    pressed = event.target.closest("[data-grip], button") ? null : within(event);
    hands.touched();
  };
  const up = (event) => {
    if (pressed === null) return;
    const [x, y] = within(event);
    const still = Math.hypot(x - pressed[0], y - pressed[1]) <= STILL;
    pressed = null;
    if (still) hands.click([x, y]);
  };
  stage.addEventListener("pointerdown", down, true);
  // Plotly covers the page while a press lasts, so that its release is heard on the window only.
  window.addEventListener("pointerup", up, true);
  stage.addEventListener("wheel", () => hands.touched(), { passive: true, capture: true });

  stage.addEventListener("keydown", (event) => {
    const way = STEPS[event.key];
    if (!way || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const stride = event.shiftKey ? FAST : 1;
    hands.step(stride * way[0], stride * way[1]);
  });

  return { pressed: () => pressed !== null, stop: () => window.removeEventListener("pointerup", up, true) };
}
