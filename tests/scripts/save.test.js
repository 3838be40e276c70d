// What is written around a saved picture: frames of a film, tags of an MP4, chunks of a PNG.

import assert from "node:assert/strict";
import { test } from "node:test";
import { chunk } from "../../assets/save/png.js";
import { schedule } from "../../assets/save/schedule.js";
import { tagged } from "../../assets/save/tags.js";

test("a film begins with the first frame, ends with the last, and takes as long as the player does", () => {
  const long = schedule(600, 30, 1); // 30 recorded frames a second
  assert.deepEqual([long.length, long[0], long.at(-1)], [600, 0, 599]);
  assert.equal(schedule(60, 30, 1).length, 240); // eight seconds at least
  assert.equal(schedule(60, 15, 2).length, 60);
  assert.ok(schedule(60, 30, 1).every((frame, i, all) => i === 0 || (frame >= all[i - 1] && frame <= all[i - 1] + 1)));
});

test("a chunk of a PNG ends with its sum", () => {
  // The last chunk of every PNG, whose sum is known.
  assert.deepEqual([...chunk("IEND", new Uint8Array())], [0, 0, 0, 0, 73, 69, 78, 68, 0xae, 0x42, 0x60, 0x82]);
});

const box = (name, ...content) => {
  const bytes = content.flat();
  return [0, 0, 0, bytes.length + 8, ...[...name].map((letter) => letter.charCodeAt(0)), ...bytes];
};

test("an MP4 with tags finds its pictures where they are", () => {
  const file = (offset) => [
    ...box("ftyp", 1, 2, 3, 4),
    ...box("moov", box("trak", box("mdia", box("minf", box("stbl", box("stco", 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, offset)))))),
    ...box("mdat", 42),
  ];
  const before = Uint8Array.from(file(file(0).length - 1));
  const after = tagged(before, { title: "Γ", comment: "η" });
  const at = (bytes) => {
    const name = [...bytes].findIndex((_, i) => String.fromCharCode(...bytes.subarray(i, i + 4)) === "stco");
    return bytes[new DataView(bytes.buffer).getUint32(name + 12)];
  };
  assert.equal(at(before), 42);
  assert.equal(at(after), 42);
  const text = new TextDecoder().decode(after);
  assert.ok(text.includes("Γ") && text.includes("η"));
});
