// Reads the bytes that figures/blob.py writes; docs/architecture.md states the contract.

const MAGIC = "AZL2";

/**
 * @param {Uint8Array} bytes
 * @returns {Promise<{header: any, arrays: Record<string, any>}>}
 */
export async function decode(bytes) {
  if (new TextDecoder().decode(bytes.subarray(0, 4)) !== MAGIC) throw new Error("These bytes are not a recorded run.");
  const headerLength = new DataView(bytes.buffer, bytes.byteOffset + 4, 4).getUint32(0, true);
  const [text, body] = await Promise.all([
    inflate(bytes.subarray(8, 8 + headerLength)),
    inflate(bytes.subarray(8 + headerLength)),
  ]);
  const header = JSON.parse(new TextDecoder().decode(text));
  const arrays = {};
  for (const [name, entry] of Object.entries(header.arrays)) arrays[name] = readArray(body, entry);
  return { header, arrays };
}

// Written at once: a stream of a Blob would bring them in pieces from another process.
async function inflate(bytes) {
  const { readable, writable } = new DecompressionStream("deflate");
  const writer = writable.getWriter();
  const written = writer.write(bytes).then(() => writer.close());
  const [whole] = await Promise.all([new Response(readable).arrayBuffer(), written]);
  return new Uint8Array(whole);
}

function readArray(body, entry) {
  const count = entry.shape.reduce((product, size) => product * size, 1);
  if (entry.dtype === "u2") return positions(body, entry, count);
  const Kind = { i4: Int32Array, f4: Float32Array }[entry.dtype];
  return new Kind(body.buffer, entry.offset, count);
}

// Undoes: quantise, difference to the frame before, zigzag, low bytes first and then high bytes.
function positions(body, { offset, shape, bits, range }, count) {
  const [frames, paths, axes] = shape;
  const stride = paths * axes;
  const absent = 2 ** bits - 1;
  const low = range.map(([from]) => from);
  const step = range.map(([from, to]) => (to - from) / (absent - 1));
  const code = new Int32Array(stride);
  const values = new Float32Array(count);
  for (let start = 0; start < count; start += stride) {
    for (let i = 0, axis = 0; i < stride; i++) {
      const at = offset + start + i;
      const zigzag = body[at] | (body[at + count] << 8);
      code[i] += (zigzag >>> 1) ^ -(zigzag & 1);
      values[start + i] = code[i] === absent ? NaN : low[axis] + code[i] * step[axis];
      if (++axis === axes) axis = 0;
    }
  }
  return { values, frames, paths, axes };
}
