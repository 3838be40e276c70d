// Where a run stands in time, without a clock: assets/player/transport.js; and what the badge says of it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { badgeText } from "../../assets/player/badge.js";
import { join } from "../../assets/player/together.js";
import { makeMeter, makeTransport } from "../../assets/player/transport.js";

let groups = 0;

// A player of `frames` frames that end at slow time `end`, in a group of its own or in one that is named.
function player(frames, { end = 1, speed = 1, name = `alone ${groups++}` } = {}) {
  const times = Array.from({ length: frames }, (_, i) => (end * i) / (frames - 1));
  const run = { arrays: { times }, clock: { frames } };
  const heard = [];
  const transport = makeTransport({ run: () => run, speed: () => speed, group: () => group, changed: () => {}, playing: (on) => heard.push(on) });
  const group = join(name, { run: () => run, setPlaying: (on) => transport.play(on), follow: (time, on) => transport.follow(time, on), showSeries() {}, setSpeed() {} });
  return { transport, heard, times };
}

function play(transport, milliseconds, from = 1000) {
  transport.tick(from);
  for (let now = from; now < from + milliseconds; now += 20) transport.tick(now + 20);
}

test("thirty frames a second at speed 1, and the end pauses", () => {
  const { transport, heard } = player(601);
  transport.play(true);
  play(transport, 10_000);
  assert.ok(Math.abs(transport.frame() - 300) <= 1);
  assert.ok(transport.moving());
  play(transport, 10_200, 11_000);
  assert.equal(transport.frame(), 600);
  assert.deepEqual(heard, [true, false]);
});

test("a run of few frames still takes eight seconds", () => {
  const { transport } = player(81);
  transport.play(true);
  play(transport, 4_000);
  assert.equal(transport.frame(), 40);
});

test("speed, and a pause between two ticks that counts as a tenth of a second", () => {
  const { transport } = player(601, { speed: 2 });
  transport.play(true);
  transport.tick(0);
  transport.tick(5_000);
  assert.equal(transport.frame(), 6);
});

test("to play at the end begins anew; steps stay within the run", () => {
  const { transport } = player(11);
  transport.stop(Infinity);
  assert.equal(transport.frame(), 10);
  transport.turn();
  assert.equal(transport.frame(), 0);
  transport.stop(-3);
  assert.equal(transport.frame(), 0);
  assert.ok(!transport.moving());
});

test("two of a group are at the same slow time, led by the one that has the most before it", () => {
  const short = player(11, { end: 1, name: "pair" });
  const long = player(21, { end: 4, name: "pair" });
  short.transport.play(true);
  assert.deepEqual(long.heard, [true]);
  assert.ok(short.transport.moving());
  long.transport.stop(5); // slow time 1
  assert.equal(short.transport.frame(), 10);
  long.transport.stop(2); // slow time 0.4
  assert.equal(short.transport.frame(), 4);
});

test("frames a second are those of the last second", () => {
  const meter = makeMeter();
  assert.equal(meter(0, true), null);
  let rate = null;
  for (let now = 25; now <= 3000; now += 25) rate = meter(now, true);
  assert.ok(Math.abs(rate - 40) < 1e-9);
  assert.equal(meter(3025, false), null);
});

test("the badge counts who has stopped by now, and says how it ended", () => {
  const ensembles = [
    { who: "sgd", paths: 300, frozenBy: (frame) => (frame > 3 ? 12 : 0) },
    { who: "limit", paths: 300, frozenBy: () => 0 },
  ];
  const status = { kind: "diverged", sentence: "12 of 300 paths of SGD diverged." };
  assert.deepEqual(badgeText({ failure: "", status, ensembles, frame: 9 }), { trouble: status.sentence, stopped: "✕ 12 of 300 SGD paths stopped" });
  assert.deepEqual(badgeText({ failure: "", status: { kind: "ok" }, ensembles, frame: 3 }), { trouble: "", stopped: "" });
  assert.equal(badgeText({ failure: "No.", status, ensembles: [], frame: 0 }).trouble, `No. ${status.sentence}`);
});

test("a follower stands at the last frame that is not after the leader's time", () => {
  const { transport } = player(11);
  transport.follow(0.35, true);
  assert.equal(transport.frame(), 3);
  transport.follow(0.4, true);
  assert.equal(transport.frame(), 4);
  transport.follow(0, false);
  assert.equal(transport.frame(), 0);
});
