// What an MP4 says of itself: title and comment, as iTunes began to write them and every program reads them.

const utf8 = new TextEncoder();
const TEXT = 1; // the kind of what a tag holds

/**
 * The file with tags at the end of its `moov`. What comes after that moves, and the table of where the pictures are is told so.
 * @param {Uint8Array} file as the muxer writes it: one track, offsets of 32 bits or 64
 * @param {{title: string, comment: string}} tags
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function tagged(file, { title, comment }) {
  const moov = boxes(file, 0, file.length).find(({ name }) => name === "moov");
  const item = (name, text) => box(name, box("data", number(TEXT), number(0), utf8.encode(text)));
  const handler = box("hdlr", number(0), number(0), letters("mdir"), letters("appl"), number(0), number(0), new Uint8Array(1));
  const added = box("udta", box("meta", number(0), handler, box("ilst", item("©nam", title), item("©cmt", comment))));
  const out = joined(file.subarray(0, moov.end), added, file.subarray(moov.end));
  new DataView(out.buffer).setUint32(moov.start, moov.end - moov.start + added.length);
  const table = ["trak", "mdia", "minf", "stbl"].reduce((at, name) => boxes(out, at.start + 8, at.end).find((each) => each.name === name), moov);
  for (const { name, start } of boxes(out, table.start + 8, table.end)) if (name === "stco" || name === "co64") move(out, start, name, moov.end, added.length);
  return out;
}

function move(out, start, name, from, by) {
  const view = new DataView(out.buffer);
  const count = view.getUint32(start + 12);
  for (let i = 0, at = start + 16; i < count; i++) {
    if (name === "stco") {
      const offset = view.getUint32(at);
      if (offset >= from) view.setUint32(at, offset + by);
      at += 4;
    } else {
      const offset = view.getBigUint64(at);
      if (offset >= from) view.setBigUint64(at, offset + BigInt(by));
      at += 8;
    }
  }
}

// The boxes of a part of a file. A size of 1 means that it follows, in 64 bits.
function boxes(bytes, from, to) {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const found = [];
  for (let start = from; start + 8 <= to; ) {
    const size = view.getUint32(start) === 1 ? Number(view.getBigUint64(start + 8)) : view.getUint32(start);
    found.push({ name: String.fromCharCode(...bytes.subarray(start + 4, start + 8)), start, end: start + size });
    start += size;
  }
  return found;
}

const box = (name, ...parts) => {
  const content = joined(...parts);
  return joined(number(content.length + 8), letters(name), content);
};

const letters = (name) => Uint8Array.from(name, (letter) => letter.charCodeAt(0)); // © is one byte here

function number(value) {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function joined(...parts) {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (out.set(part, at), at + part.length), 0);
  return out;
}
