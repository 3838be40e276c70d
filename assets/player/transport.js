// Where a run stands in time: playing, paused, or led by another player of its group. Nothing here draws.

const RATE = 30; // recorded frames a second at speed 1, and
const SHORTEST = 8; // seconds that a run then takes, at least: one of few frames plays slower
/**
 * Recorded frames a second of a run of so many, at speed 1.
 * @param {number} frames
 */
export const rateOf = (frames) => Math.min(RATE, frames / SHORTEST);
const LONGEST_TICK = 100; // milliseconds between two looks that count

/**
 * `run()` is what plays, or null: {arrays: {times}, clock: {frames}}; `speed()` the speed that is chosen; `group` as together.js joins
 * it. `changed()` hears that something must be drawn anew, `playing(on)` that the run has begun or ceased to move.
 * @param {{run: () => Pick<Run, "arrays" | "clock"> | null, speed: () => number, group: () => any, changed: () => void, playing: (on: boolean) => void}} hands
 */
export function makeTransport({ run, speed, group, changed, playing: heard }) {
  let playing = false;
  let led = false; // moved by another player of the group
  let position = 0; // in frames, while playing between two
  let before = null; // when the last tick was, in milliseconds

  const frame = () => Math.floor(position);
  const last = () => run().clock.frames - 1;
  const time = () => run().arrays.times[frame()];
  const moving = () => playing || led;

  function show(on) {
    heard(on);
    changed();
  }

  function jump(to) {
    position = Math.min(last(), Math.max(0, to));
    changed();
  }

  function play(on) {
    const leader = group().leader();
    if (on && leader.run() !== run()) {
      leader.setPlaying(true);
      return;
    }
    if (on && frame() >= last()) jump(0);
    playing = on;
    led = false;
    show(on);
    group().tell(time(), on);
  }

  return {
    frame,
    last,
    moving,
    jump,
    play,
    turn: () => run() && play(!moving()),
    stop(to) {
      if (!run()) return;
      if (moving()) play(false);
      jump(to);
      group().tell(time(), false);
    },
    // Another player of the group is at this slow time.
    follow(slow, on) {
      if (moving() !== on) show(on);
      playing = false;
      if (led !== on || !on) changed();
      led = on;
      position = run().arrays.times.findLastIndex((each) => each <= slow * (1 + 1e-9));
    },
    // An animation frame at `now`, in milliseconds.
    tick(now) {
      if (playing) {
        const rate = rateOf(run().clock.frames) * speed();
        position = Math.min(last(), position + (Math.min(LONGEST_TICK, now - (before ?? now)) / 1000) * rate);
        group().tell(time(), true);
        if (position >= last()) play(false);
      }
      before = now;
    },
  };
}

// Animation frames a second, over the last second of moving; null while it cannot be told.
export function makeMeter() {
  let ticks = [];
  return (now, moving) => {
    if (!moving) {
      ticks = [];
      return null;
    }
    ticks.push(now);
    while (ticks[0] < now - 1000) ticks.shift();
    return ticks.length > 1 ? (1000 * (ticks.length - 1)) / (now - ticks[0]) : null;
  };
}
