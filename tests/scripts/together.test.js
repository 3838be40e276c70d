// Players beside each other: their legends take as many lines, so that their pictures begin at one height.

import assert from "node:assert/strict";
import { test } from "node:test";

import { join } from "../../assets/player/together.js";

// A legend of so many pixels, which a least height makes taller.
function legend(own) {
  const style = { minHeight: "" };
  return { style, get offsetHeight() { return Math.max(own.height, Number.parseFloat(style.minHeight) || 0); } };
}

const member = (mine) => ({ run: () => ({}), legend: () => mine });

test("the longest legend decides, again when there is more room", () => {
  const sizes = [{ height: 112 }, { height: 56 }];
  const [one, other] = sizes.map(legend);
  const left = join("pair", member(one));
  join("pair", member(other));
  left.level();
  assert.deepEqual([one.offsetHeight, other.offsetHeight], [112, 112]);
  sizes[0].height = 56; // a wider window
  left.level();
  assert.deepEqual([one.offsetHeight, other.offsetHeight], [56, 56]);
});

test("a legend that is alone is as tall as it is", () => {
  const alone = legend({ height: 80 });
  join("", member(alone)).level();
  assert.equal(alone.style.minHeight, "");
});
