// One moment, three clocks: steps k, fast time τ = kη, slow time t = kη².

export const CLOCKS = {
  slow: { title: "slow time t = kη²", short: "slow t" },
  fast: { title: "fast time τ = kη", short: "fast τ" },
  logarithmic: { title: "steps k, logarithmic", short: "log k" },
};

/**
 * @param {ArrayLike<number>} times
 * @param {number} learningRate
 * @returns {Clock}
 */
export function makeClock(times, learningRate) {
  const last = times[times.length - 1];
  const steps = (frame) => Math.round(times[frame] / learningRate ** 2);
  const slow = fixed(last);
  const fast = fixed(last / learningRate);
  return {
    frames: times.length,
    steps: (frame) => whole(steps(frame)),
    fast: (frame) => fast(times[frame] / learningRate),
    slow: (frame) => slow(times[frame]),
    // What a frame's x is in the time series. A logarithmic axis has no 0: the start stands half a step before the first.
    axis: {
      slow: (frame) => times[frame],
      fast: (frame) => times[frame] / learningRate,
      logarithmic: (frame) => Math.max(steps(frame), 0.5),
    },
  };
}

// As many decimals as tell a thousandth of the largest value apart: numbers that do not jump in width.
function fixed(largest) {
  const decimals = Math.min(8, Math.max(0, 3 - Math.ceil(Math.log10(largest || 1))));
  return (value) => value.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

function whole(value) {
  return value.toLocaleString("en");
}

const SUPERSCRIPTS = { "-": "⁻", ...Object.fromEntries([..."⁰¹²³⁴⁵⁶⁷⁸⁹"].map((small, digit) => [digit, small])) };

const raised = (power) => [...String(power)].map((each) => SUPERSCRIPTS[each]).join("");

export function powerOfTen(power) {
  return power >= -2 && power <= 3 ? String(10 ** power) : `10${raised(power)}`;
}

// Three significant digits.
export function short(value) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 1e-3 && size < 1e5) return size < 1000 ? value.toPrecision(3) : whole(Math.round(value));
  const [digits, power] = value.toExponential(1).split("e");
  return `${digits}·10${raised(Number(power))}`;
}
