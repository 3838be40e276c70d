// A film as an animated GIF. A frame holds only the pixels that have changed.

import { applyPalette, GIFEncoder, quantize } from "./gifenc/gifenc.js";

const COLOURS = 255; // and one that means: as before
const HELD = 2000; // milliseconds for which the last frame stays, before it begins anew
const COMMENT = [0x21, 0xfe]; // what begins a comment
const BLOCK = 255; // bytes of a comment, at most, before the next count

/**
 * `shown` are the recorded frames to be shown, `rate` how many a second, `said` a comment; `progress(share)` returns false to stop.
 * @param {{draw: (frame: number) => HTMLCanvasElement}} drawing
 * @param {{shown: number[], rate: number, said: string, progress: (share: number) => Promise<boolean>}} film
 * @returns {Promise<Blob | null>}
 */
export async function gif(drawing, { shown, rate, said, progress }) {
  const pixels = (frame) => {
    const canvas = drawing.draw(frame);
    return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  };
  const { width, height } = pixels(shown[0]);
  const palette = paletteOf([shown[0], shown[shown.length >> 1], shown[shown.length - 1]].map((frame) => pixels(frame).data));
  const encoder = GIFEncoder();
  let before = null;
  let ended = 0; // hundredths of a second: what GIF counts in
  for (const [i, frame] of shown.entries()) {
    const index = applyPalette(pixels(frame).data, palette);
    const ends = Math.round((100 * (i + 1)) / rate);
    const last = i === shown.length - 1;
    encoder.writeFrame(before ? changed(index, before) : index, width, height, {
      palette: before ? undefined : [...palette, ...Array(COLOURS + 1 - palette.length).fill([0, 0, 0])],
      transparent: before !== null,
      transparentIndex: COLOURS,
      delay: last ? HELD : 10 * (ends - ended),
      dispose: 1, // what is there stays
    });
    if (!before) comment(encoder.stream, said);
    before = index;
    ended = ends;
    if (!(await progress((i + 1) / shown.length))) return null;
  }
  encoder.finish();
  return new Blob([encoder.bytesView()], { type: "image/gif" });
}

function changed(index, before) {
  return index.map((colour, at) => (colour === before[at] ? COLOURS : colour));
}

// Of every fourth pixel of some frames.
function paletteOf(frames) {
  const some = new Uint8Array(frames.reduce((sum, data) => sum + 4 * Math.ceil(data.length / 16), 0));
  let to = 0;
  for (const data of frames) for (let at = 0; at < data.length; at += 16, to += 4) some.set(data.subarray(at, at + 4), to);
  return quantize(some, COLOURS);
}

function comment(stream, text) {
  const bytes = new TextEncoder().encode(text);
  stream.writeBytes(COMMENT);
  for (let at = 0; at < bytes.length; at += BLOCK) {
    const block = bytes.subarray(at, at + BLOCK);
    stream.writeBytes([block.length, ...block]);
  }
  stream.writeByte(0);
}
