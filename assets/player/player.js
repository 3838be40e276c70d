// Plays a recorded run: a still Plotly picture under canvases that are drawn each animation frame.
//
// mount(root, { blob, send, plotly, group }) -> { update({ blob }), destroy() }
// `blob` is the bytes of figures/blob.py; `plotly` the library, a promise of it, or a function from the figure to either;
// send(name, value) tells the page "start" with a point of the picture's first two axes, and "clock" with the name of a clock;
// players that name the same `group` go by one clock.

import { decode } from "./blob.js";
import { makeClock } from "./clock.js";
import { buildControls, fillLegend } from "./controls.js";
import { depthOf } from "./depth.js";
import { icon } from "./dom.js";
import { listenToKeys } from "./keyboard.js";
import { makeEnsemble, makeStage, MARKS } from "./particles.js";
import { makePicture } from "./picture.js";
import { makeSeries } from "./series.js";
import { watchTheme } from "./theme.js";
import { join } from "./together.js";
import { sameView } from "./view.js";

const RATE = 30; // recorded frames a second at speed 1, and
const SHORTEST = 8; // seconds that a run then takes, at least: one of few frames plays slower
const PAGE = { alone: 260, together: 430 }; // pixels of a window that belong to what is around the picture
const NAMES = { sgd: "SGD", limit: "limit", ghost: "earlier" };

export function mount(root, { blob, send, plotly, group }) {
  const parts = buildControls(root);
  const stage = makeStage(parts.trails, parts.marks);
  const theme = watchTheme(parts.probe, () => run && showAll());
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const hidden = new Set();
  let picture = null;
  let series = null;
  let clock = null; // the name of the series' time axis
  let run = null; // header, arrays, ensembles, clock
  let latest = null; // the bytes asked for last
  let playing = false;
  let led = false; // moved by another player of the group
  let position = 0; // in frames, while playing between two
  let drawn = { frame: -1, view: null }; // what the canvases show
  let stale = true; // whether they must be drawn anew
  let depth = null;
  let request = 0;
  let failure = ""; // a sentence, when the last bytes could not be shown
  let gone = false;

  const frame = () => Math.floor(position);
  const last = () => run.clock.frames - 1;
  const rate = () => Math.min(RATE, run.clock.frames / SHORTEST);

  // --- a new run

  async function update({ blob: bytes }) {
    if (gone || !bytes || bytes === latest) return;
    latest = bytes;
    let header, arrays, library;
    try {
      ({ header, arrays } = await decode(bytes));
      library = await (typeof plotly === "function" ? plotly(header.figure) : plotly);
      failure = "";
    } catch (error) {
      console.error(error);
      failure = run ? "This run could not be read; the one before stays." : "This run could not be read.";
      showBadge();
      return;
    }
    if (gone || bytes !== latest) return;
    if (picture?.plotly !== library) {
      picture?.destroy();
      picture = makePicture(library, parts.picture, (point) => send("start", point));
    }
    series ??= makeSeries(library, parts.series, (to) => stop(to));
    const again = run?.header.key === header.key;
    if (run?.header.clock !== header.clock) clock = header.clock;
    run = { header, arrays, clock: makeClock(arrays.times, header.learning_rate), ensembles: ensemblesOf(arrays) };
    if (!again) position = calm.matches ? last() : 0;
    await showPicture();
    if (gone || bytes !== latest) return;
    if (!again) {
      parts.scrub.max = last();
      for (const [name, node] of Object.entries(parts.numbers)) node.style.minWidth = `${run.clock[name](last()).length}ch`;
      root.dataset.key = header.key;
      setPlaying(!calm.matches && header.autoplay !== false);
    }
    draw();
    await new Promise(requestAnimationFrame); // the picture first
    if (!gone && bytes === latest) await showSeries();
    together.redraw();
  }

  function ensemblesOf(arrays) {
    return MARKS.filter((who) => arrays[who]).map((who) => {
      const frozen = arrays[`${who}_frozen`] ?? new Int32Array(arrays[who].paths).fill(-1);
      return makeEnsemble(who, arrays[who], frozen);
    });
  }

  const colours = () => run.header.palette[theme.name()];

  async function showPicture() {
    root.dataset.theme = theme.name();
    for (const [role, value] of Object.entries(colours()))
      if (typeof value === "string") root.style.setProperty(`--azl-${role}`, value);
    const still = run.header.figure.data.map(({ meta }) => meta).filter((role) => role === "flow" || role === "manifold");
    const movers = ["sgd", "limit", "ghost"].filter((who) => run.arrays[who]);
    fillLegend(parts.legend, [...movers, "trails", ...new Set(still)], hidden, toggle);
    parts.caption.textContent = run.header.caption ?? "";
    const size = arrange();
    await picture.show(run.header, colours(), size, hidden);
    stage.resize(size.width, size.height);
    stage.paint(colours());
    drawn.view = null; // other surfaces may hide the particles now
    stale = true;
  }

  async function showSeries() {
    for (const key of parts.clocks.children) key.setAttribute("aria-pressed", String(key.dataset.clock === clock));
    await series.show(run, { colours: colours(), clock, hidden, arrangement: root.dataset.arrangement, beside: together.runs() });
    series.point(frame());
  }

  async function showAll() {
    await showPicture();
    await showSeries();
  }

  function toggle(name) {
    if (!hidden.delete(name)) hidden.add(name);
    if (name === "flow" || name === "manifold") showPicture();
    else if (name !== "trails") showSeries();
    stale = true;
  }

  // --- room

  function arrange() {
    const width = root.clientWidth;
    const whole = document.fullscreenElement === root;
    const tall = whole ? root.clientHeight : window.innerHeight;
    root.dataset.arrangement = width < 560 ? "stack" : width < 860 ? "grid" : tall < 0.9 * width ? "column" : "row";
    const room = parts.stage.clientWidth;
    const rest = parts.main.offsetHeight - parts.stage.offsetHeight + parts.caption.offsetHeight;
    const best = whole ? tall - rest : Math.min(0.8 * room, tall - (group ? PAGE.together : PAGE.alone));
    const height = Math.round(Math.max(300, best));
    root.style.setProperty("--azl-height", `${height}px`);
    return { width: room, height: parts.stage.clientHeight };
  }

  const observer = new ResizeObserver(async () => {
    if (!run || !parts.picture._fullLayout) return;
    const { width, height } = arrange();
    const { width: oldWidth, height: oldHeight } = parts.picture._fullLayout;
    if (width !== oldWidth || height !== oldHeight) await showPicture();
    if (!series.fits()) await showSeries();
  });
  observer.observe(root);
  observer.observe(parts.series);
  observer.observe(parts.stage);

  // --- time

  const together = join(group, {
    run: () => run,
    showSeries: () => series && showSeries(),
    setPlaying: (on) => setPlaying(on),
    setSpeed: (value) => (parts.speed.value = value),
    follow(time, moving) {
      if ((playing || led) !== moving) showPlaying(moving);
      playing = false;
      if (led !== moving || !moving) stale = true;
      led = moving;
      position = frameAt(time);
    },
  });

  const frameAt = (time) => run.arrays.times.findLastIndex((each) => each <= time * (1 + 1e-9));

  function setPlaying(on) {
    const leader = together.leader();
    if (on && leader.run() !== run) {
      leader.setPlaying(true);
      return;
    }
    if (on && frame() >= last()) jump(0);
    playing = on;
    led = false;
    showPlaying(on);
    together.tell(run.arrays.times[frame()], on);
  }

  function showPlaying(on) {
    root.dataset.state = on ? "playing" : "paused";
    const label = on ? "Pause (space)" : "Play (space)";
    parts.play.replaceChildren(icon(on ? "pause" : "play"));
    parts.play.setAttribute("aria-label", label);
    parts.play.title = label;
    stale = true;
  }

  function jump(to) {
    position = Math.min(last(), Math.max(0, to));
    stale = true;
  }

  function stop(to) {
    if (!run) return;
    if (playing || led) setPlaying(false);
    jump(to);
    together.tell(run.arrays.times[frame()], false);
  }

  let before = null;
  let ticks = [];
  function tick(now) {
    request = requestAnimationFrame(tick);
    if (!run) return;
    if (playing) {
      position = Math.min(last(), position + (Math.min(100, now - (before ?? now)) / 1000) * rate() * parts.speed.value);
      together.tell(run.arrays.times[frame()], true);
      if (position >= last()) setPlaying(false);
    }
    before = now;
    measure(now);
    draw();
  }
  request = requestAnimationFrame(tick);

  // Animation frames in the last second of playing.
  function measure(now) {
    if (!playing && !led) {
      ticks = [];
      return;
    }
    ticks.push(now);
    while (ticks[0] < now - 1000) ticks.shift();
    if (ticks.length > 1) root.dataset.fps = ((1000 * (ticks.length - 1)) / (now - ticks[0])).toFixed(1);
  }

  // --- drawing

  function draw() {
    const view = picture.view();
    if (view === null) {
      failure = "This browser does not draw in three dimensions: its WebGL is off.";
      showBadge();
      return;
    }
    const moved = !sameView(view, drawn.view);
    const now = frame();
    if (!moved && !stale && now === drawn.frame) return;
    if (moved) depth = depthOf(view, picture.surfaces());
    const shown = run.ensembles.filter(({ who }) => !hidden.has(who));
    const fading = (playing || led) && !moved && !stale && now > drawn.frame;
    const trails = !hidden.has("trails");
    if (fading) stage.fadeTrails();
    stage.clearMarks();
    let count = 0;
    for (const ensemble of shown) {
      const past = fading ? ensemble.screen.slice() : null;
      ensemble.locate(now, view, ensemble.screen);
      hide(ensemble);
      if (fading && trails) stage.extendTrails(ensemble, past, view);
      count += stage.drawMarks(ensemble, now, view);
    }
    if (run.header.start) stage.drawStart(run.header.start, view);
    if (!fading) {
      if (trails && !playing && !led) stage.exactTrails(shown, now, view);
      else stage.clearTrails();
    }
    if (now !== drawn.frame || stale) tell(now);
    drawn = { frame: now, view };
    stale = false;
    root.dataset.particles = count;
    if (count && !root.dataset.firstDrawn) root.dataset.firstDrawn = performance.now().toFixed(0);
  }

  function hide({ paths, screen, hidden: behind }) {
    for (let path = 0, at = 0; path < paths; path++, at += 3)
      behind[path] = depth.hides(screen[at], screen[at + 1], screen[at + 2]) ? 1 : 0;
  }

  function tell(now) {
    const { clock } = run;
    root.dataset.frame = now;
    parts.scrub.value = now;
    parts.scrub.style.setProperty("--azl-done", `${(100 * now) / Math.max(1, last())}%`);
    for (const name of ["steps", "fast", "slow"]) parts.numbers[name].textContent = clock[name](now);
    series.point(now);
    parts.scrub.setAttribute("aria-valuetext", `step ${clock.steps(now)}, slow time ${clock.slow(now)}`);
    showBadge();
  }

  function showBadge() {
    const { kind, sentence } = run?.header.status ?? { kind: "ok" };
    const stopped = (run?.ensembles ?? [])
      .map(({ who, paths, frozenBy }) => [frozenBy(frame()), paths, NAMES[who]])
      .filter(([count]) => count > 0)
      .map(([count, paths, name]) => `✕ ${count} of ${paths} ${name} paths stopped`);
    const words = [failure, kind === "ok" ? "" : sentence].filter(Boolean).join(" ");
    parts.trouble.textContent = words;
    parts.stopped.textContent = stopped.join(", ");
    parts.badge.hidden = words === "" && stopped.length === 0;
  }

  // --- hands

  const turn = () => run && setPlaying(!(playing || led));
  parts.play.addEventListener("click", turn);
  parts.speed.addEventListener("change", () => together.speed(parts.speed.value));
  parts.back.addEventListener("click", () => run && stop(frame() - 1));
  parts.forward.addEventListener("click", () => run && stop(frame() + 1));
  parts.scrub.addEventListener("input", () => stop(Number(parts.scrub.value)));
  parts.clocks.addEventListener("click", ({ target: { dataset } }) => {
    if (!run || !dataset.clock || dataset.clock === clock) return;
    clock = dataset.clock;
    showSeries();
    send("clock", clock);
  });
  parts.badge.addEventListener("click", () => {
    const folded = parts.badge.getAttribute("aria-expanded") === "true";
    parts.badge.setAttribute("aria-expanded", String(!folded));
  });
  parts.expand.hidden = !document.fullscreenEnabled;
  parts.expand.addEventListener("click", () =>
    document.fullscreenElement === root ? document.exitFullscreen() : root.requestFullscreen(),
  );
  const stopKeys = listenToKeys(root, {
    Space: turn,
    ArrowLeft: () => run && stop(frame() - 1),
    ArrowRight: () => run && stop(frame() + 1),
    Home: () => stop(0),
    End: () => run && stop(last()),
  });

  root.dataset.state = "loading";
  update({ blob });

  return {
    update,
    destroy() {
      gone = true;
      together.leave();
      cancelAnimationFrame(request);
      observer.disconnect();
      theme.stop();
      stopKeys();
      picture?.destroy();
      series?.destroy();
      root.replaceChildren();
    },
  };
}
