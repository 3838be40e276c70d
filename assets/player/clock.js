// One moment, three clocks: steps k, fast time τ (of SGD kη), slow time t (of SGD kη²).

export const CLOCKS = { slow: "slow t", fast: "fast τ", logarithmic: "log k" };

/**
 * @param {{times: ArrayLike<number>, steps: ArrayLike<number>, fast: ArrayLike<number>}} arrays
 * @param {{slow: string, fast: string}} formulas
 * @returns {Clock}
 */
export function makeClock({ times, steps, fast }, formulas) {
  const last = times.length - 1;
  const slowText = fixed(times[last]);
  const fastText = fixed(fast[last]);
  return {
    frames: times.length,
    titles: {
      slow: `slow time t = ${formulas.slow}`,
      fast: `fast time τ = ${formulas.fast}`,
      logarithmic: "steps k, logarithmic",
    },
    terms: { steps: "k", fast: `τ = ${formulas.fast}`, slow: `t = ${formulas.slow}` },
    steps: (frame) => whole(steps[frame]),
    fast: (frame) => fastText(fast[frame]),
    slow: (frame) => slowText(times[frame]),
    // What a frame's x is in the time series. A logarithmic axis has no 0: the start stands half a step before the first.
    axis: {
      slow: (frame) => times[frame],
      fast: (frame) => fast[frame],
      logarithmic: (frame) => Math.max(steps[frame], 0.5),
    },
  };
}

// As many decimals as tell a thousandth of the largest value apart: numbers that do not jump in width.
function fixed(largest) {
  const decimals = Math.min(8, Math.max(0, 3 - Math.ceil(Math.log10(largest || 1))));
  return (value) => grouped(value.toFixed(decimals));
}

const whole = (value) => grouped(String(value));

// Not toLocaleString, whose first call takes 50 ms.
const grouped = (digits) => digits.replace(/^-?\d+/, (number) => number.replace(/\B(?=(\d{3})+$)/g, ","));

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
