"""The player's blob: one run as bytes, read by assets/player/blob.js.

docs/architecture.md, "The player's blob", states the contract.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from figures.jsonable import jsonable

MAGIC = b"AZL2"
FINEST_BITS = 14
COARSEST_BITS = 9
BUDGET = 1_400_000
MARGIN = 0.5  # how far outside the view box a particle is kept, in widths of the box
PLAIN_DTYPES = {"i": "i4", "u": "i4", "b": "i4", "f": "f4"}


def encode(
    header: Mapping[str, Any],
    positions: Mapping[str, ArrayLike],
    arrays: Mapping[str, ArrayLike],
    *,
    budget: int = BUDGET,
) -> bytes:
    """Encode a run.

    positions: name -> (F, N, A) coordinates, NaN = absent; quantised, as finely as the budget in bytes allows.
    arrays: name -> integers (stored as i4) or floats (stored as f4), exactly as they are.
    header: any JSON, with arrays in it; ``box`` is required. ``key``, computed when missing, changes exactly when
    the data do: a new caption or clock must not make the player start again.
    """
    clouds = {name: np.asarray(values, dtype=np.float32) for name, values in positions.items()}
    plain = {name: _plain(values) for name, values in arrays.items()}
    ranges = {name: _range(values, header["box"]) for name, values in clouds.items()}
    keyed = {"key": _digest({**clouds, **plain}), **header}
    coordinates = sum(values.size for values in clouds.values())
    bits = FINEST_BITS
    while True:
        blob = _pack(keyed, clouds, ranges, plain, bits)
        if len(blob) <= budget or bits == COARSEST_BITS:
            return blob
        # One bit fewer saves about one bit a coordinate.
        bits = max(COARSEST_BITS, bits - max(1, (len(blob) - budget) * 8 // coordinates))


def decode(blob: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return the header and the arrays; positions come back as float64 with NaN = absent."""
    if blob[:4] != MAGIC:
        raise ValueError("These bytes are not a recorded run.")
    (header_length,) = struct.unpack_from("<I", blob, 4)
    header = json.loads(zlib.decompress(blob[8 : 8 + header_length]))
    body = zlib.decompress(blob[8 + header_length :])
    return header, {name: _read(body, entry) for name, entry in header["arrays"].items()}


def _pack(
    header: Mapping[str, Any],
    positions: Mapping[str, NDArray[np.float32]],
    ranges: Mapping[str, list[list[float]]],
    plain: Mapping[str, NDArray[Any]],
    bits: int,
) -> bytes:
    table: dict[str, dict[str, Any]] = {}
    body = bytearray()

    def append(name: str, content: bytes, **entry: Any) -> None:
        table[name] = entry | {"offset": len(body)}
        body.extend(content)
        body.extend(bytes(-len(body) % 8))

    for name, values in positions.items():
        content = _differences(_quantise(values, ranges[name], bits))
        append(name, content, dtype="u2", shape=values.shape, bits=bits, range=ranges[name])
    for name, values in plain.items():
        append(name, values.tobytes(), dtype=values.dtype.str[1:], shape=values.shape)

    text = json.dumps(jsonable({**header, "arrays": table}), allow_nan=False).encode()
    # Differences are noise: run lengths and Huffman codes find all that there is to find, fast.
    coder = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, 9, zlib.Z_RLE)
    packed = zlib.compress(text)
    return b"".join((MAGIC, struct.pack("<I", len(packed)), packed, coder.compress(body), coder.flush()))


def _plain(values: ArrayLike) -> NDArray[Any]:
    array = np.asarray(values)
    return np.ascontiguousarray(array, dtype="<" + PLAIN_DTYPES[array.dtype.kind])


def _range(values: NDArray[np.float32], box: ArrayLike) -> list[list[float]]:
    """Return the smallest range of each axis that holds the data near the view box."""
    low, high = np.asarray(box, dtype=np.float64).T
    reach = MARGIN * (high - low)
    near = np.where((values >= low - reach) & (values <= high + reach), values, np.nan)
    present = ~np.isnan(near).all(axis=(0, 1))
    first = np.where(present, np.nanmin(np.where(present, near, low), axis=(0, 1)), low)
    last = np.where(present, np.nanmax(np.where(present, near, high), axis=(0, 1)), high)
    last = np.where(last > first, last, first + 1.0)
    return np.stack([first, last], axis=-1).tolist()


def _quantise(values: NDArray[np.float32], ranges: list[list[float]], bits: int) -> NDArray[np.uint16]:
    """Return codes 0 .. 2^bits - 2; a path with any coordinate missing or out of range gets 2^bits - 1 on all axes."""
    low, high = np.asarray(ranges).T
    absent = 2**bits - 1
    with np.errstate(invalid="ignore", over="ignore"):
        codes = np.rint((values - low) / (high - low) * (absent - 1))
        inside = ((codes >= 0) & (codes < absent)).all(axis=-1, keepdims=True)
    return np.where(inside, codes, absent).astype(np.uint16)


def _differences(codes: NDArray[np.uint16]) -> bytes:
    """Return zigzagged differences along frames, all low bytes before all high bytes: noise next to near-zeros."""
    difference = codes.astype(np.int32)
    difference[1:] -= codes[:-1]
    zigzag = ((difference << 1) ^ (difference >> 31)).astype("<u2")
    return np.ascontiguousarray(zigzag.reshape(-1).view(np.uint8).reshape(-1, 2).T).tobytes()


def _read(body: bytes, entry: Mapping[str, Any]) -> NDArray[Any]:
    shape, offset = tuple(entry["shape"]), entry["offset"]
    count = int(np.prod(shape))
    if entry["dtype"] != "u2":
        return np.frombuffer(body, "<" + entry["dtype"], count, offset).reshape(shape)
    planes = np.frombuffer(body, np.uint8, 2 * count, offset).reshape(2, count).astype(np.int32)
    zigzag = (planes[0] | planes[1] << 8).reshape(shape)
    codes = np.cumsum((zigzag >> 1) ^ -(zigzag & 1), axis=0)
    absent = 2 ** entry["bits"] - 1
    low, high = np.asarray(entry["range"]).T
    return np.where(codes == absent, np.nan, low + codes * (high - low) / (absent - 1))


def _digest(arrays: Mapping[str, NDArray[Any]]) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for name, values in arrays.items():
        digest.update(f"{name}{values.shape}".encode())
        digest.update(values.tobytes())
    return digest.hexdigest()
