// What is wrong with a run, in words: how it ended, and which paths have stopped so far.

const NAMES = { sgd: "SGD", limit: "limit", ghost: "earlier" };

/**
 * `failure` is a sentence when the last bytes could not be shown; `status` is {kind, sentence}; `frame` is where the run stands.
 * @param {{failure: string, status: Status, ensembles: Pick<Ensemble, "who" | "paths" | "frozenBy">[], frame: number, names?: Record<string, string>}} run
 * @returns {{trouble: string, stopped: string}}
 */
export function badgeText({ failure, status, ensembles, frame, names = {} }) {
  const stopped = ensembles
    .map(({ who, paths, frozenBy }) => ({ who, paths, count: frozenBy(frame) }))
    .filter(({ count }) => count > 0)
    .map(({ who, paths, count }) => `✕ ${count} of ${paths} ${(who === "sgd" && names.sgd) || NAMES[who]} paths stopped`);
  const trouble = [failure, status.kind === "ok" ? "" : status.sentence].filter(Boolean).join(" ");
  return { trouble, stopped: stopped.join(", ") };
}
