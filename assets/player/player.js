// Plays a recorded run: a still Plotly picture under canvases that are drawn each animation frame.
//
// mount(root, { blob, header, send, plotly, group, fills }) -> { update({ blob, header }), destroy() }
// Until Plotly is there the picture is a draft, on which the run moves already.
// `blob` is the bytes of figures/blob.py, `header` what is said otherwise of their header, by default nothing; `plotly` the library, a promise of it, or a function from the figure to either;
// send(name, value) tells the page "start" with a point of the picture's first two axes, and "clock" with the name of a clock;
// players that name the same `group` go by one clock; one that `fills` is as tall as its element, else as the window has room for.

import { badgeText } from "./badge.js";
import { decode } from "./blob.js";
import { makeClock } from "./clock.js";
import { buildControls, fillLegend, legendItems, showTransport } from "./controls.js";
import { listenToHands } from "./hands.js";
import { askedBy } from "./look.js";
import { makeEnsemble, makeStage, MARKS } from "./particles.js";
import { makePainter } from "./painter.js";
import { makePicture } from "./picture.js";
import { watchPresence } from "./presence.js";
import { arrangementOf, heightOf, topOf } from "./room.js";
import { scaleOf } from "./scale.js";
import { makeSeries } from "./series.js";
import { canDraft, makeDraft } from "./draft.js";
import { watchTheme } from "./theme.js";
import { join } from "./together.js";
import { makeMeter, makeTransport } from "./transport.js";

export function mount(root, { blob, header: over = {}, send, plotly, group = "", fills = false }) {
  const parts = buildControls(root);
  const stage = makeStage(parts.trails, parts.marks);
  const painter = makePainter(stage);
  const meter = makeMeter();
  const theme = watchTheme(parts.probe, () => run && showAll());
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const asked = askedBy(window.location.search);
  const hidden = new Set(asked.hidden);
  let picture = null;
  let draft = null; // the picture until Plotly is there
  let series = null;
  let clock = null; // the name of the series' time axis
  let run = null; // header, arrays, ensembles, clock
  let latest = null; // the bytes asked for last
  let request = 0;
  let failure = ""; // a sentence, when the last bytes could not be shown
  let gone = false;

  const transport = makeTransport({
    run: () => run,
    speed: () => Number(parts.speed.value),
    group: () => together,
    changed: painter.changed,
    playing: (on) => showTransport(root, parts, on),
  });
  const together = join(group, {
    run: () => run,
    legend: () => parts.legend,
    showSeries: () => series && showSeries(),
    setPlaying: (on) => transport.play(on),
    setSpeed: (value) => (parts.speed.value = value),
    follow: (time, moving) => transport.follow(time, moving),
  });

  // --- a new run

  async function update({ blob: bytes, header: over = {} }) {
    if (gone || !bytes || bytes === latest) return;
    latest = bytes;
    let decoded, library;
    try {
      decoded = await decode(bytes);
      Object.assign(decoded.header, over);
      if (!gone && bytes === latest && !picture && !plotly.react && canDraft(decoded.header.figure)) {
        await take(decoded, null).catch((error) => console.error(error)); // the whole picture comes without it
        await nextFrame(); // seen before Plotly has the browser to itself
      }
      library = await (typeof plotly === "function" ? plotly(decoded.header.figure) : plotly);
      failure = "";
    } catch (error) {
      console.error(error);
      if (picture !== null && picture === draft) failure = "What draws the axes did not arrive: the server cannot be reached.";
      else failure = run ? "This run could not be read; the one before stays." : "This run could not be read.";
      showBadge();
      return;
    }
    if (gone || bytes !== latest) return;
    await take(decoded, library);
  }

  async function take({ header, arrays }, library) {
    const bytes = latest;
    const late = () => gone || bytes !== latest;
    if (!library) picture = draft = makeDraft(parts.picture);
    else if (picture?.plotly !== library) {
      if (picture !== draft) picture.destroy();
      picture = makePicture(library, parts.picture, (point) => send("start", point));
    }
    if (library) series ??= makeSeries(library, parts.series, (to) => transport.stop(to));
    const again = run?.header.key === header.key;
    if (run?.header.clock !== header.clock) clock = header.clock;
    run = { header, arrays, clock: makeClock(arrays, header.clocks), ensembles: ensemblesOf(arrays) };
    if (asked.eye && header.figure.layout.scene) header.figure.layout.scene.camera.eye = asked.eye;
    const rests = !again && asked.at !== null;
    if (!again) {
      transport.jump(rests ? arrays.times.findLastIndex((time) => time <= asked.at * (1 + 1e-4)) : calm.matches ? transport.last() : 0);
      asked.at = null; // another run plays from its start
      // Before the room is measured: what is wider may take another line.
      for (const [name, node] of Object.entries(parts.numbers)) {
        node.style.minWidth = `${run.clock[name](transport.last()).length}ch`;
        node.textContent = run.clock[name](transport.frame());
      }
    }
    await showPicture();
    if (late()) return;
    if (!again) {
      parts.scrub.max = String(transport.last());
      root.dataset.key = header.key;
      transport.play(!rests && !calm.matches && header.autoplay !== false);
    }
    draw();
    await nextFrame(); // the picture first
    if (library) draft = draft?.destroy() ?? null;
    if (!late()) await showSeries();
    together.redraw();
  }

  const colours = () => run.header.palette[theme.name()];

  async function showPicture() {
    root.dataset.theme = theme.name();
    root.dataset.marks = String(run.header.marks?.length ?? 0);
    for (const [role, value] of Object.entries(colours()))
      if (typeof value === "string") root.style.setProperty(`--azl-${role}`, value);
    fillLegend(parts.legend, legendItems(run), hidden, toggle, run.header);
    for (const [name, node] of Object.entries(parts.numbers)) {
      node.parentElement.title = run.header.meanings?.[name] ?? "";
      node.previousElementSibling.textContent = run.clock.terms[name];
    }
    parts.caption.textContent = run.header.caption ?? "";
    const size = arrange();
    await picture.show(run.header, colours(), size, hidden);
    stage.resize(size.width, size.height);
    stage.paint(colours(), scaleOf(root), Boolean(run.header.figure.layout.scene));
    painter.forget();
  }

  async function showSeries() {
    for (const key of parts.clocks.children) {
      key.setAttribute("aria-pressed", String(key.dataset.clock === clock));
      key.title = run.clock.titles[key.dataset.clock];
    }
    if (!series) return;
    await series.show(run, { colours: colours(), clock, hidden, arrangement: root.dataset.arrangement, beside: together.runs() });
    series.point(transport.frame());
  }

  async function showAll() {
    await showPicture();
    await showSeries();
  }

  function toggle(name) {
    if (!hidden.delete(name)) hidden.add(name);
    if (name === "flow" || name === "manifold") showPicture();
    else if (name !== "trails") showSeries();
    painter.changed();
  }

  // --- room

  function arrange() {
    const whole = fills || document.fullscreenElement === root;
    const tall = whole ? root.clientHeight : window.innerHeight;
    root.dataset.arrangement = arrangementOf(root.clientWidth, tall);
    together.level();
    const room = parts.stage.clientWidth;
    const controls = parts.main.offsetHeight - parts.stage.offsetHeight;
    const caption = parts.caption.offsetHeight;
    const height = heightOf({ tall, top: topOf(root), controls, caption, room, whole });
    root.style.setProperty("--azl-height", `${height}px`);
    return { width: room, height: parts.stage.clientHeight };
  }

  let scale = scaleOf(root);
  const observer = new ResizeObserver(async () => {
    const shown = picture?.size();
    if (!run || !shown) return;
    const { width, height } = arrange();
    if (scale !== scaleOf(root)) {
      scale = scaleOf(root);
      await showAll();
      return;
    }
    if (width !== shown.width || height !== shown.height) await showPicture();
    if (series && !series.fits()) await showSeries();
  });
  for (const node of [root, parts.series, parts.stage]) observer.observe(node);

  // --- drawing

  function tick(now) {
    request = requestAnimationFrame(tick);
    if (!run) return;
    transport.tick(now);
    const rate = meter(now, transport.moving());
    if (rate !== null) root.dataset.fps = rate.toFixed(1);
    draw();
  }
  request = requestAnimationFrame(tick);

  function draw() {
    const view = picture.view();
    if (view === undefined) return; // it is being drawn
    if (view === null) {
      failure = "This browser does not draw in three dimensions: its WebGL is off.";
      showBadge();
      return;
    }
    const now = transport.frame();
    const done = painter.draw(run, now, { view, surfaces: picture.surfaces(), hidden, moving: transport.moving() });
    if (done === null) return;
    if (done.told) tell(now);
    root.dataset.particles = String(done.count);
    if (done.count) root.dataset[picture === draft ? "drafted" : "firstDrawn"] ??= performance.now().toFixed(0);
  }

  function tell(now) {
    root.dataset.frame = String(now);
    parts.scrub.value = String(now);
    parts.scrub.style.setProperty("--azl-done", `${(100 * now) / Math.max(1, transport.last())}%`);
    for (const name of ["steps", "fast", "slow"]) parts.numbers[name].textContent = run.clock[name](now);
    series?.point(now);
    parts.scrub.setAttribute("aria-valuetext", `step ${run.clock.steps(now)}, slow time ${run.clock.slow(now)}`);
    showBadge();
  }

  function showBadge() {
    const status = run?.header.status ?? { kind: "ok" };
    const said = badgeText({ failure, status, ensembles: run?.ensembles ?? [], frame: run ? transport.frame() : 0, names: run?.header.names });
    parts.trouble.textContent = said.trouble;
    parts.stopped.textContent = said.stopped;
    parts.badge.hidden = said.trouble === "" && said.stopped === "";
  }

  async function save() {
    if (!picture?.plotly) return;
    if (transport.moving()) transport.play(false);
    try {
      const { savePlayer } = await import("../save/save.js");
      const speed = Number(parts.speed.value);
      savePlayer(root, { run, plotly: picture.plotly, frame: transport.frame(), theme: theme.name(), hidden: new Set(hidden), turned: picture.turned(), clock, speed });
    } catch (error) {
      console.error(error);
      failure = "What saves pictures did not arrive: the server cannot be reached.";
      showBadge();
    }
  }
  parts.save.addEventListener("click", save);

  // What an address adds to the page's own, for look.js.
  function look() {
    if (!run) return { at: null, hidden: [], eye: null };
    const now = transport.frame();
    const resting = !transport.moving() && now > 0 && now < transport.last();
    return { at: resting ? run.arrays.times[now] : null, hidden: [...hidden], eye: picture.eye() ?? asked.eye };
  }

  const stopHands = listenToHands(root, parts, transport, {
    speed: (value) => together.speed(value),
    clock(name) {
      if (!run || name === clock) return;
      clock = name;
      showSeries();
      send("clock", clock);
    },
  });

  const stopWatching = group ? () => {} : watchPresence(root, { moving: () => run !== null && transport.moving(), play: transport.play });

  root.dataset.state = "loading";
  root.azlLook = look;
  update({ blob, header: over });

  return {
    update,
    destroy() {
      gone = true;
      together.leave();
      cancelAnimationFrame(request);
      observer.disconnect();
      theme.stop();
      stopHands();
      stopWatching();
      picture?.destroy();
      series?.destroy();
      root.replaceChildren();
    },
  };
}

const nextFrame = () => new Promise(requestAnimationFrame);

function ensemblesOf(arrays) {
  return MARKS.filter((who) => arrays[who]).map((who) => {
    const frozen = arrays[`${who}_frozen`] ?? new Int32Array(arrays[who].paths).fill(-1);
    return makeEnsemble(who, arrays[who], frozen);
  });
}
