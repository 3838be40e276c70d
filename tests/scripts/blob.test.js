// The player's bytes, against Python's encoder: every number to a code step, at each number of bits.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { decode } from "../../assets/player/blob.js";

const PYTHON = `
import base64, json, sys
import numpy as np
from figures import blob
out = []
for bits in range(blob.COARSEST_BITS, blob.FINEST_BITS + 1):
    random = np.random.default_rng(bits)
    points = random.normal(size=(5, 7, 2)).cumsum(axis=0).astype(np.float32)
    points[2:, 3] = np.nan
    blob.FINEST_BITS = blob.COARSEST_BITS = bits
    made = blob.encode({"box": [(-3, 3), (-2, 2)]}, {"sgd": points}, {"times": np.linspace(0, 1, 5), "frozen": np.arange(7) - 1})
    header, arrays = blob.decode(made)
    out.append({"bits": bits, "blob": base64.b64encode(made).decode(), "sgd": np.nan_to_num(arrays["sgd"], nan=1e9).ravel().tolist(),
                "points": np.nan_to_num(points, nan=1e9).ravel().tolist(),
                "step": [(b - a) / (2**bits - 2) for a, b in header["arrays"]["sgd"]["range"]]})
print(json.dumps(out))
`;

const made = JSON.parse(execFileSync(".venv/bin/python", ["-c", PYTHON], { maxBuffer: 2 ** 26 }).toString());

for (const { bits, blob, sgd, points, step } of made)
  test(`${bits} bits`, async () => {
    const { header, arrays } = await decode(Uint8Array.from(atob(blob), (letter) => letter.charCodeAt(0)));
    assert.equal(header.arrays.sgd.bits, bits);
    assert.deepEqual([...arrays.frozen], [-1, 0, 1, 2, 3, 4, 5]);
    assert.deepEqual([...arrays.times], [0, 0.25, 0.5, 0.75, 1]);
    assert.equal(arrays.sgd.values.length, sgd.length);
    arrays.sgd.values.forEach((value, i) => {
      if (sgd[i] === 1e9) return assert.ok(Number.isNaN(value));
      assert.ok(Math.abs(value - sgd[i]) < 1e-5, `${value} for ${sgd[i]}`);
      assert.ok(Math.abs(value - points[i]) <= 0.51 * step[i % 2] + 1e-5, `${value} for ${points[i]}`);
    });
  });
