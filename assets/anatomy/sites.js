// The points of Γ that the picture knows, by their index, and where they are on the screen.

export function screenOf(view, place) {
  const screen = [NaN, NaN, NaN];
  view.locate(place, 0, screen, 0);
  return screen;
}

// The site nearest to (x, y) on the screen, at most `reach` of them from `from`: {index, pixels}.
export function nearestSite({ sites, closed }, view, [x, y], from = 0, reach = sites.length) {
  let best = { index: from, pixels: Infinity };
  sites.forEach(({ place }, i) => {
    const steps = Math.abs(i - from);
    if ((closed ? Math.min(steps, sites.length - steps) : steps) > reach) return;
    const [sx, sy] = screenOf(view, place);
    const pixels = Math.hypot(sx - x, sy - y);
    if (pixels < best.pixels) best = { index: i, pixels };
  });
  return best;
}

// The index so many sites further on; a curve that does not close has ends.
export function siteAfter({ sites, closed }, index, steps) {
  const count = sites.length;
  return closed ? (((index + steps) % count) + count) % count : Math.max(0, Math.min(count - 1, index + steps));
}
