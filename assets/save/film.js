// A film as an MP4, encoded by the browser itself.

import { ArrayBufferTarget, Muxer } from "./mp4-muxer/mp4-muxer.js";
import { tagged } from "./tags.js";

// What a browser may encode, the most widely played first; each takes pictures of 4K.
const CODECS = [
  { codec: "avc1.640033", kind: "avc", name: "H.264" },
  { codec: "av01.0.12M.08", kind: "av1", name: "AV1" },
  { codec: "vp09.00.51.08", kind: "vp9", name: "VP9" },
];
const BITS = 0.15; // for each pixel of each frame: sharp lines, thin trails
const MICRO = 1e6;
const WAITING = 4; // frames that the encoder has not begun
const KEY = 2; // seconds from one frame that stands by itself to the next

/**
 * The first way in which this browser encodes a film of this size, or null.
 * @param {{width: number, height: number, rate: number}} film
 */
export async function codecFor({ width, height, rate }) {
  if (typeof VideoEncoder === "undefined") return null;
  for (const { codec, kind, name } of CODECS) {
    const config = { codec, width, height, framerate: rate, bitrate: Math.round(BITS * width * height * rate) };
    if (await VideoEncoder.isConfigSupported(config).then(({ supported }) => supported, () => false)) return { config, kind, name };
  }
  return null;
}

/**
 * `shown` are the recorded frames to be shown, `rate` how many a second, `tags` what the file says of itself; `progress(share)` returns
 * false to stop. Width and height are even.
 * @param {{draw: (frame: number) => HTMLCanvasElement}} drawing
 * @param {{shown: number[], rate: number, tags: {title: string, comment: string}, progress: (share: number) => Promise<boolean>}} film
 * @returns {Promise<Blob | null>}
 */
export async function film(drawing, { shown, rate, tags, progress }) {
  const { width, height } = drawing.draw(shown[0]);
  const found = await codecFor({ width, height, rate });
  if (!found) throw new Error("This browser does not encode films of this size. Choose a smaller one, or a GIF.");
  const muxer = new Muxer({
    target: new ArrayBufferTarget(),
    video: { codec: /** @type {any} */ (found.kind), width, height, frameRate: rate },
    fastStart: "in-memory",
  });
  let failure = null;
  const encoder = new VideoEncoder({ output: (chunk, meta) => muxer.addVideoChunk(chunk, meta), error: (error) => (failure = error) });
  encoder.configure(found.config);
  try {
    for (const [i, frame] of shown.entries()) {
      const moment = new VideoFrame(drawing.draw(frame), { timestamp: Math.round((MICRO * i) / rate), duration: Math.round(MICRO / rate) });
      encoder.encode(moment, { keyFrame: i % Math.round(KEY * rate) === 0 });
      moment.close();
      while (encoder.encodeQueueSize > WAITING && !failure) await new Promise((resolve) => encoder.addEventListener("dequeue", resolve, { once: true }));
      if (failure) throw failure;
      if (!(await progress((i + 1) / shown.length))) return null;
    }
    await encoder.flush();
    if (failure) throw failure;
  } finally {
    if (encoder.state !== "closed") encoder.close();
  }
  muxer.finalize();
  return new Blob([tagged(new Uint8Array(muxer.target.buffer), tags)], { type: "video/mp4" });
}
