// How a picture is looked at, in its address: assets/player/look.js.

import assert from "node:assert/strict";
import { test } from "node:test";

import { askedBy, withLook } from "../../assets/player/look.js";

const NOTHING = { at: null, hidden: [], eye: null };
const LINK = "http://localhost/?view=simulator&start=1%2C2";

test("a look is read back as it was written", () => {
  const look = { at: 0.25, hidden: ["trails", "flow"], eye: { x: 1, y: -0.5, z: 0.125 } };
  const link = withLook(LINK, look);
  assert.deepEqual(askedBy(new URL(link).search), look);
  assert.equal(new URL(link).searchParams.get("start"), "1,2");
});

test("a link is as it is where there is nothing to say, and loses what it said before", () => {
  assert.equal(withLook(LINK, NOTHING), LINK);
  assert.deepEqual(askedBy(new URL(withLook(`${LINK}&at=3&hide=flow&eye=1,1,1`, NOTHING)).search), NOTHING);
});

test("what cannot be read is nothing", () => {
  for (const search of ["?at=soon&eye=1,2&hide=", "?eye=0,0,0", "?eye=a,b,c", ""]) assert.deepEqual(askedBy(search), NOTHING);
});
