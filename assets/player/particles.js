// The moving part of the picture: every path's place as a mark, and where it came from as a trail.

const HIDDEN = 0.25; // opacity behind a surface
const FADE = 0.21; // of a trail, every second time: of 256 shades, gentler fading would leave the faintest for ever
const TRAIL = 0.55; // opacity of a trail where it is freshest
const TRAIL_BANDS = 5; // an exact trail gets fainter in so many steps
const IN_SPACE = 0.65; // of a mark's size: there a picture has less room, and marks would bury the surface they are on
const TRAIL_SEGMENTS = 24000; // in an exact trail, of all paths together

export const MARKS = ["ghost", "sgd", "limit"]; // from the back to the front

/**
 * One ensemble of paths and where its marks are on the screen.
 * @param {string} who
 * @param {Cloud} cloud
 * @param {Int32Array} frozen the frame from which each path stays where it is, or -1
 * @returns {Ensemble}
 */
export function makeEnsemble(who, cloud, frozen) {
  const { values, frames, paths, axes } = cloud;
  const present = (frame, path) => !Number.isNaN(values[(frame * paths + path) * axes]);
  const restsAt = new Int32Array(paths).fill(-1); // the frame that shows where a frozen path stays
  for (let path = 0; path < paths; path++) {
    if (frozen[path] < 0) continue;
    let frame = Math.min(frozen[path], frames - 1);
    while (frame >= 0 && !present(frame, path)) frame--;
    restsAt[path] = frame;
  }
  const isFrozen = (frame, path) => frozen[path] >= 0 && frame >= frozen[path];
  return {
    who,
    paths,
    screen: new Float32Array(3 * paths),
    hidden: new Uint8Array(paths),
    isFrozen,
    frozenBy: (frame) => frozen.reduce((count, _, path) => count + Number(isFrozen(frame, path)), 0),
    locate(frame, view, screen) {
      for (let path = 0; path < paths; path++) {
        const at = isFrozen(frame, path) ? restsAt[path] : frame;
        if (at >= 0) view.locate(values, (at * paths + path) * axes, screen, 3 * path);
        else screen.fill(NaN, 3 * path, 3 * path + 3);
      }
    },
  };
}

/**
 * `makeSprite` makes a mark that is stamped many times, as `sprite` does.
 * @param {any} trailCanvas
 * @param {any} markCanvas
 * @param {(radius: number, density: number, draw: any, ink: string, paper: string) => {canvas: any, half: number}} makeSprite
 */
export function makeStage(trailCanvas, markCanvas, makeSprite = sprite) {
  const trails = trailCanvas.getContext("2d");
  const marks = markCanvas.getContext("2d");
  let density = 1;
  let sprites = {};
  let inks = {};
  let size = { width: 0, height: 0 };
  let fades = 0;
  let thick = 1;

  return {
    resize(width, height, finest = Math.min(window.devicePixelRatio || 1, 2)) {
      if (size.width === width && size.height === height && density === finest) return;
      size = { width, height };
      density = finest;
      for (const canvas of [trailCanvas, markCanvas]) {
        canvas.width = Math.round(width * density);
        canvas.height = Math.round(height * density);
      }
    },
    paint(colours, scale, spatial) {
      inks = colours;
      thick = scale;
      const share = spatial ? IN_SPACE : 1;
      const radius = Math.min(5.5, Math.max(3.4, Math.min(size.width, size.height) / 140)) * scale * share;
      sprites = {};
      for (const who of MARKS) {
        sprites[who] = makeSprite(radius, density, DRAWINGS[who], colours[who], colours.paper);
        sprites[`${who} frozen`] = makeSprite(radius * 1.25, density, cross, colours[who], colours.paper);
      }
      sprites.own = makeSprite(radius * 3, density, target, colours.ink, colours.paper);
      sprites.class = makeSprite(radius * 1.6, density, hoop, colours.ink, colours.paper);
      sprites.truth = makeSprite(radius * 2, density, hoop, colours.limit, colours.paper);
      sprites.start = makeSprite(radius * 1.5, density, diamond, colours.ink, colours.paper);
    },
    clearTrails: () => clear(trails, size, density),
    fadeTrails() {
      if (++fades % 2) return;
      trails.setTransform(1, 0, 0, 1, 0, 0);
      trails.globalCompositeOperation = "destination-out";
      trails.fillStyle = `rgba(0, 0, 0, ${FADE})`;
      trails.fillRect(0, 0, trailCanvas.width, trailCanvas.height);
      trails.globalCompositeOperation = "source-over";
    },
    // From where the marks were to where they are.
    extendTrails(ensemble, before, view) {
      within(trails, view.rect, density, () => strokes(trails, ensemble, before, ensemble.screen, inks[ensemble.who], TRAIL));
    },
    exactTrails(ensembles, frame, view) {
      clear(trails, size, density);
      const paths = ensembles.reduce((sum, { paths }) => sum + paths, 0);
      const length = Math.min(frame, 60, Math.max(6, Math.floor(TRAIL_SEGMENTS / Math.max(1, paths))));
      within(trails, view.rect, density, () => {
        for (const ensemble of ensembles) {
          let after = ensemble.screen.slice();
          let before = new Float32Array(after.length);
          for (let age = 0; age < length; age++) {
            ensemble.locate(frame - age - 1, view, before);
            const freshness = 1 - Math.floor((age * TRAIL_BANDS) / length) / TRAIL_BANDS;
            strokes(trails, ensemble, before, after, inks[ensemble.who], TRAIL * freshness);
            [after, before] = [before, after];
          }
        }
      });
    },
    clearMarks: () => clear(marks, size, density),
    // Returns how many are in the picture.
    drawMarks(ensemble, frame, view) {
      let drawn = 0;
      within(marks, view.rect, density, () => {
        for (const behind of [1, 0]) {
          marks.globalAlpha = behind ? HIDDEN : 1;
          for (let path = 0; path < ensemble.paths; path++) {
            if (ensemble.hidden[path] !== behind) continue;
            const x = ensemble.screen[3 * path];
            const y = ensemble.screen[3 * path + 1];
            if (!inside(view.rect, x, y)) continue;
            stamp(marks, sprites[ensemble.isFrozen(frame, path) ? `${ensemble.who} frozen` : ensemble.who], x, y);
            drawn++;
          }
        }
        marks.globalAlpha = 1;
      });
      return drawn;
    },
    // A point that stays.
    drawPoint(kind, point, view) {
      const at = new Float32Array(3);
      view.locate(point, 0, at, 0);
      within(marks, view.rect, density, () => stamp(marks, sprites[kind], at[0], at[1]));
    },
    // What somebody has predicted: a place, or an arrow to it.
    drawPrediction({ at, origin, who }, view) {
      if (!origin) return this.drawPoint(who, at, view);
      const [head, tail] = [at, origin].map((point) => {
        const place = new Float32Array(3);
        view.locate(point, 0, place, 0);
        return place;
      });
      const ink = who === "truth" ? inks.limit : inks.ink;
      within(marks, view.rect, density, () => {
        marks.globalAlpha = who === "class" ? 0.45 : 1;
        arrow(marks, tail, head, ink, inks.paper, thick * (who === "class" ? 1.5 : 3.5));
        marks.globalAlpha = 1;
      });
    },
  };
}

function inside({ left, top, width, height }, x, y) {
  return x >= left && x <= left + width && y >= top && y <= top + height;
}

function clear(context, { width, height }, density) {
  context.setTransform(density, 0, 0, density, 0, 0);
  context.clearRect(0, 0, width, height);
}

function within(context, { left, top, width, height }, density, draw) {
  context.setTransform(density, 0, 0, density, 0, 0);
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  draw();
  context.restore();
}

// One stroke for all that is in front of a surface and one for what is behind: a stroke a path would cost the frame.
function strokes(context, { paths, hidden }, from, to, ink, opacity) {
  context.strokeStyle = ink;
  context.lineWidth = 1;
  for (const behind of [1, 0]) {
    context.globalAlpha = behind ? opacity * HIDDEN : opacity;
    context.beginPath();
    for (let path = 0; path < paths; path++) {
      const at = 3 * path;
      if (hidden[path] !== behind || Number.isNaN(from[at]) || Number.isNaN(to[at])) continue;
      if (from[at] === to[at] && from[at + 1] === to[at + 1]) continue;
      context.moveTo(from[at], from[at + 1]);
      context.lineTo(to[at], to[at + 1]);
    }
    context.stroke();
  }
  context.globalAlpha = 1;
}

function sprite(radius, density, draw, ink, paper) {
  const half = Math.ceil(radius + 2);
  const canvas = new OffscreenCanvas(2 * half * density, 2 * half * density);
  const context = canvas.getContext("2d");
  context.scale(density, density);
  context.translate(half, half);
  draw(context, radius, ink, paper);
  return { canvas, half };
}

function stamp(context, { canvas, half }, x, y) {
  context.drawImage(canvas, x - half, y - half, 2 * half, 2 * half);
}

export const DRAWINGS = { sgd: disc, limit: ring, ghost: square };

function disc(context, radius, ink, paper) {
  context.beginPath();
  context.arc(0, 0, radius, 0, 2 * Math.PI);
  fillAndStroke(context, ink, paper, 0.8);
}

function ring(context, radius, ink, paper) {
  context.beginPath();
  context.arc(0, 0, radius, 0, 2 * Math.PI);
  context.globalAlpha = 0.5; // what is under a ring stays to be seen
  context.fillStyle = paper;
  context.fill();
  context.globalAlpha = 1;
  context.strokeStyle = ink;
  context.lineWidth = 2.2;
  context.stroke();
}

function square(context, radius, ink) {
  context.strokeStyle = ink;
  context.lineWidth = 1.4;
  context.strokeRect(-0.75 * radius, -0.75 * radius, 1.5 * radius, 1.5 * radius);
}

function cross(context, radius, ink, paper) {
  const reach = 0.8 * radius;
  context.lineCap = "round";
  for (const [style, width] of [[paper, 4.4], [ink, 2.4]]) {
    context.beginPath();
    context.moveTo(-reach, -reach);
    context.lineTo(reach, reach);
    context.moveTo(-reach, reach);
    context.lineTo(reach, -reach);
    context.strokeStyle = style;
    context.lineWidth = width;
    context.stroke();
  }
}

// Two rings around a place, so that what comes there is seen through them.
function target(context, radius, ink, paper) {
  for (const share of [1, 0.45]) {
    for (const [style, width] of [[paper, 5], [ink, 2.2]]) {
      context.beginPath();
      context.arc(0, 0, share * radius, 0, 2 * Math.PI);
      context.strokeStyle = style;
      context.lineWidth = width;
      context.stroke();
    }
  }
}

function hoop(context, radius, ink, paper) {
  for (const [style, width] of [[paper, 4], [ink, 2]]) {
    context.beginPath();
    context.arc(0, 0, radius, 0, 2 * Math.PI);
    context.strokeStyle = style;
    context.lineWidth = width;
    context.stroke();
  }
}

function arrow(context, tail, head, ink, paper, width) {
  const length = Math.hypot(head[0] - tail[0], head[1] - tail[1]);
  if (!(length > 0)) return;
  const along = [(head[0] - tail[0]) / length, (head[1] - tail[1]) / length];
  const barb = 4 * width + 2;
  const corner = (side) => [
    head[0] - barb * along[0] + 0.5 * side * barb * along[1],
    head[1] - barb * along[1] - 0.5 * side * barb * along[0],
  ];
  context.lineCap = "round";
  context.lineJoin = "round";
  for (const [style, wide] of [[paper, width + 2.5], [ink, width]]) {
    context.beginPath();
    context.moveTo(tail[0], tail[1]);
    context.lineTo(head[0], head[1]);
    context.moveTo(...corner(1));
    context.lineTo(head[0], head[1]);
    context.lineTo(...corner(-1));
    context.strokeStyle = style;
    context.lineWidth = wide;
    context.stroke();
  }
}

function diamond(context, radius, ink, paper) {
  context.beginPath();
  context.moveTo(0, -radius);
  context.lineTo(radius, 0);
  context.lineTo(0, radius);
  context.lineTo(-radius, 0);
  context.closePath();
  fillAndStroke(context, ink, paper, 1.5);
}

function fillAndStroke(context, fill, stroke, width) {
  context.fillStyle = fill;
  context.fill();
  context.strokeStyle = stroke;
  context.lineWidth = width;
  context.stroke();
}
