// Draws a moment of a run over the still picture: marks where the paths are, and trails where they came from.

import { depthOf } from "./depth.js";
import { sameView } from "./view.js";

export function makePainter(stage) {
  let drawn = { frame: -1, view: null }; // what the canvases show
  let stale = true; // whether they must be drawn anew
  let depth = null;

  function hide({ paths, screen, hidden: behind }) {
    for (let path = 0, at = 0; path < paths; path++, at += 3)
      behind[path] = depth.hides(screen[at], screen[at + 1], screen[at + 2]) ? 1 : 0;
  }

  return {
    changed: () => (stale = true),
    // Other surfaces may hide the particles now.
    forget() {
      drawn.view = null;
      stale = true;
    },
    // Draws where something differs from what is shown: then {count, told}, the marks in the picture and whether it is another
    // moment; else null. `view` is the picture's, `surfaces` what may hide a particle.
    draw(run, now, { view, surfaces, hidden, moving }) {
      const moved = !sameView(view, drawn.view);
      if (!moved && !stale && now === drawn.frame) return null;
      if (moved) depth = depthOf(view, surfaces);
      const shown = run.ensembles.filter(({ who }) => !hidden.has(who));
      const fading = moving && !moved && !stale && now > drawn.frame;
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
      if (run.header.start) stage.drawPoint("start", run.header.start, view);
      for (const mark of run.header.marks ?? []) stage.drawPrediction(mark, view);
      if (!fading) {
        if (trails && !moving) stage.exactTrails(shown, now, view);
        else stage.clearTrails();
      }
      const told = now !== drawn.frame || stale;
      drawn = { frame: now, view };
      stale = false;
      return { count, told };
    },
  };
}
