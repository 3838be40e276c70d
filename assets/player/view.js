// Where a point of the picture is on the screen. Plotly keeps both mappings private: its version is pinned, and
// tests/browser/test_player.py compares them with what Plotly draws.

/**
 * @param {Element} picture
 * @returns {View | null}
 */
export function viewOf(picture) {
  const layout = picture._fullLayout;
  return layout._has("gl3d") ? spatial(layout) : flat(layout);
}

/**
 * @param {View | null} a
 * @param {View | null} b
 */
export function sameView(a, b) {
  return a !== null && b !== null && a.numbers.length === b.numbers.length && a.numbers.every((x, i) => x === b.numbers[i]);
}

/**
 * Of two axes with {range, _length, _offset} as Plotly has them. The ranges follow a drag at once; Plotly's own _m and _b only when
 * it ends.
 * @returns {View}
 */
export function flat({ xaxis, yaxis }) {
  const [x0, x1] = xaxis.range;
  const [y0, y1] = yaxis.range;
  const scaleX = xaxis._length / (x1 - x0);
  const scaleY = yaxis._length / (y0 - y1);
  const rect = { left: xaxis._offset, top: yaxis._offset, width: xaxis._length, height: yaxis._length };
  const originX = rect.left - scaleX * x0;
  const originY = rect.top - scaleY * y1;
  return {
    rect,
    numbers: [scaleX, originX, scaleY, originY, ...Object.values(rect)],
    locate(values, at, screen, to) {
      screen[to] = originX + scaleX * values[at];
      screen[to + 1] = originY + scaleY * values[at + 1];
      screen[to + 2] = 0;
    },
    point: (x, y) => [(x - originX) / scaleX, (y - originY) / scaleY],
  };
}

/**
 * @returns {View | null}
 */
function spatial(layout) {
  const { _scene: scene, domain } = layout.scene;
  if (!scene?.glplot) return null;
  const size = layout._size;
  const rect = {
    left: size.l + domain.x[0] * size.w,
    top: size.t + (1 - domain.y[1]) * size.h,
    width: size.w * (domain.x[1] - domain.x[0]),
    height: size.h * (domain.y[1] - domain.y[0]),
  };
  const { model, view, projection } = scene.glplot.cameraParams;
  return inSpace(rect, projection, product(view, scaled(model, scene.dataScale)), AXES.map((name) => layout.scene[name].range));
}

export const AXES = ["xaxis", "yaxis", "zaxis"];

/**
 * @param {View["rect"]} rect
 * @param {Float64Array} projection
 * @param {Float64Array} toEye from a point to where the eye sees it
 * @param {[number, number][]} ranges of the axes
 * @returns {View}
 */
export function inSpace(rect, projection, toEye, ranges) {
  const m = product(projection, toEye);
  const [x0, x1, y0, y1, z0, z1] = ranges.flatMap(slightlyWider);
  return {
    rect,
    numbers: [...m, ...Object.values(rect)],
    // The third number is the distance from the eye, in lengths of the scene. What is not within the axes is nowhere, unless `beyond`.
    locate(values, at, screen, to, beyond = false) {
      const x = values[at], y = values[at + 1], z = values[at + 2];
      if (!beyond && !(x >= x0 && x <= x1 && y >= y0 && y <= y1 && z >= z0 && z <= z1)) {
        screen[to] = screen[to + 1] = screen[to + 2] = NaN;
        return;
      }
      const w = m[3] * x + m[7] * y + m[11] * z + m[15];
      screen[to] = rect.left + rect.width * (0.5 + (0.5 * (m[0] * x + m[4] * y + m[8] * z + m[12])) / w);
      screen[to + 1] = rect.top + rect.height * (0.5 - (0.5 * (m[1] * x + m[5] * y + m[9] * z + m[13])) / w);
      screen[to + 2] = -(toEye[2] * x + toEye[6] * y + toEye[10] * z + toEye[14]);
    },
  };
}

function slightlyWider([from, to]) {
  const margin = 0.01 * Math.abs(to - from);
  return [Math.min(from, to) - margin, Math.max(from, to) + margin];
}

// 4 × 4 matrices by columns, as WebGL has them.
export function product(a, b) {
  const result = new Float64Array(16);
  for (let column = 0; column < 4; column++)
    for (let row = 0; row < 4; row++)
      for (let k = 0; k < 4; k++) result[4 * column + row] += a[4 * k + row] * b[4 * column + k];
  return result;
}

function scaled(matrix, factors) {
  return Float64Array.from(matrix, (value, i) => value * (factors[i >> 2] ?? 1));
}
