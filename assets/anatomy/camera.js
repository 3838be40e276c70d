// Plotly does not tell while its camera turns: after a touch the view is looked at in each animation frame, until it rests.

const AWAKE = 1500; // milliseconds

// `look()` answers whether the view has moved, `held()` whether a press lasts.
export function makeWatch(look, held) {
  let until = 0;
  let stopped = false;
  function see(now) {
    if (stopped) return;
    if (look() || held()) until = now + AWAKE;
    if (now < until) requestAnimationFrame(see);
  }
  return {
    wake() {
      const asleep = performance.now() > until;
      until = performance.now() + AWAKE;
      if (asleep) requestAnimationFrame(see);
    },
    stop: () => (stopped = true),
  };
}
