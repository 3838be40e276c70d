// Addresses as people read them: assets/player/address.js.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readable, saysExactly } from "../../assets/player/address.js";

test("what a query may hold as it is has no code, and says the same", () => {
  const long = "https://lab.example/?view=optimizers&start=2%2C0.5&beside=adam%2Ckappa%3D5%3Bsam&loss=x%2Ay+%2B+%281%29%26z#there";
  const short = readable(long);
  assert.equal(short, "https://lab.example/?view=optimizers&start=2,0.5&beside=adam,kappa=5;sam&loss=x*y+%2B+%281%29%26z#there");
  assert.deepEqual([...new URL(short).searchParams], [...new URL(long).searchParams]);
});

test("the simulator is what a link means that names no page, unless it says nothing else", () => {
  assert.equal(readable("https://lab.example/?view=simulator&landscape=torus"), "https://lab.example/?landscape=torus");
  for (const same of ["https://lab.example/?view=simulator", "https://lab.example/", "https://lab.example/?view=compare&landscape=torus"]) assert.equal(readable(same), same);
});

test("an address says exactly what it says, in any order and any code", () => {
  const query = { landscape: "torus", start: "1,2" };
  assert.ok(saysExactly("?start=1%2C2&landscape=torus", query));
  for (const other of ["", "?landscape=torus", "?landscape=torus&start=1,2&seed=3", "?landscape=torus&start=1,3"]) assert.ok(!saysExactly(other, query));
});
