// The libraries that pages are served are those of the registry, byte for byte.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const COPIES = { "assets/save/gifenc/gifenc.js": "gifenc/dist/gifenc.esm.js", "assets/save/mp4-muxer/mp4-muxer.js": "mp4-muxer/build/mp4-muxer.mjs", "assets/site/lean-qr/lean-qr.js": "lean-qr/index.mjs" };

for (const [copy, original] of Object.entries(COPIES))
  test(copy, () => assert.deepEqual(readFileSync(copy), readFileSync(`node_modules/${original}`)));
