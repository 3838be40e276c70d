"""A still picture of a run, drawn without a browser: what a pasted link shows. Its last frame, its landscape, and what it is."""

from __future__ import annotations

import io
from base64 import b64decode
from collections.abc import Iterator, Mapping
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any
from unicodedata import normalize

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

from dynamics.resources import resource
from figures.blob import decode
from figures.palette import themes

SIZE = (1200, 630)  # pixels: what the Open Graph protocol's readers show whole
FINER = 2  # drawn at so many times the size, and made smaller
BAND = 104  # pixels of words below
EDGE, TITLE, SMALL, LINE = 32, 30, 20, 25  # pixels free at the sides; of the type of the title and of the words, and of their lines
FONTS = tuple(("fonts", f"ibm-plex-sans-{letters}.woff2") for letters in ("latin", "greek"))
NOWHERE = "\uffff"  # a letter that no font has
NAME = "After Zero Loss"
THEME = "light"
NEARER = 1.4  # than in the player: there are no axes around
LEVELS = 16  # bands of a contour
MARKS = 150  # paths of each kind
RADIUS = 5.0  # pixels of a mark
FIELD_OF_VIEW = np.pi / 4  # radians, upwards: Plotly's


def card(blob: bytes, title: str, words: str = "") -> bytes:
    """A PNG of the player's bytes (figures/blob.py) with a title, "" for the app alone, and words, the run's caption last."""
    header, arrays = decode(blob)
    colours = header["palette"][THEME]
    width, height = FINER * SIZE[0], FINER * (SIZE[1] - BAND)
    picture = Image.new("RGB", (width, height), colours["paper"])
    layout = header["figure"]["layout"]
    seen = _spatial(layout["scene"], width, height) if "scene" in layout else _flat(layout, width, height)
    traces = header["figure"]["data"]
    ruled = any(trace["type"] == "surface" and trace.get("meta") == "manifold" for trace in traces)  # lines on Γ, not Γ
    for trace in traces:
        _draw(picture, trace, seen, colours, 1.0 if ruled else 4.0)
    for who in ("sgd", "limit"):
        if who in arrays:
            _mark(picture, seen(arrays[who][-1, :MARKS]), colours[who], ring=who == "limit", paper=colours["paper"])
    told = f"{words} {header.get('caption', '')}"
    small = picture.resize((SIZE[0], SIZE[1] - BAND), Image.Resampling.BOX)
    return _with_words(small, colours, title, told)


def card_of(file: Path, title: str, words: str) -> bytes:
    """A PNG of a picture that there is already, in the middle, with a title and words."""
    colours = themes()[THEME]
    picture = Image.new("RGB", (SIZE[0], SIZE[1] - BAND), colours["paper"])
    with Image.open(file) as known:
        shown = ImageOps.contain(known.convert("RGB"), picture.size, Image.Resampling.LANCZOS)
    picture.paste(shown, ((picture.width - shown.width) // 2, (picture.height - shown.height) // 2))
    return _with_words(picture, colours, title, words)


def tags(picture: str, alt: str, **more: str) -> str:
    """What a page's head says, as Open Graph has it, for who pastes its link: its card is at the address `picture`. `more` are
    further properties, such as `title`."""
    said = {
        "type": "website", "site_name": NAME, **more, "image": picture, "image:alt": alt, "image:width": str(SIZE[0]),
        "image:height": str(SIZE[1]),
    }  # fmt: skip
    named = {f"og:{name}": value for name, value in said.items()} | {"twitter:card": "summary_large_image"}
    return "".join(f'<meta property="{name}" content="{escape(value)}">' for name, value in named.items())


def _flat(layout: Mapping[str, Any], width: int, height: int):
    """From points (N, 2) to pixels; at one scale the picture is as high as its axis says, and wider."""
    (x0, x1), (y0, y1) = layout["xaxis"]["range"], layout["yaxis"]["range"]
    up = height / (y1 - y0)
    one_scale = "scaleanchor" in layout["xaxis"] or "scaleanchor" in layout["yaxis"]
    across = min(up, width / (x1 - x0)) if one_scale else width / (x1 - x0)
    up = across if one_scale else up

    def seen(points: np.ndarray) -> np.ndarray:
        x, y = np.asarray(points)[:, 0], np.asarray(points)[:, 1]
        return np.stack([width / 2 + across * (x - (x0 + x1) / 2), height / 2 - up * (y - (y0 + y1) / 2)], axis=-1)

    return seen


def _spatial(scene: Mapping[str, Any], width: int, height: int):
    """From points (N, 3) to pixels, as Plotly's camera sees them; the third column is the distance."""
    ranges = np.array([scene[axis]["range"] for axis in ("xaxis", "yaxis", "zaxis")])
    size = np.array([scene.get("aspectratio", {}).get(axis, 1.0) for axis in "xyz"])
    camera = scene.get("camera", {})
    eye, centre = (
        np.array([camera.get(name, {}).get(axis, default) for axis in "xyz"]) for name, default in (("eye", 1.25), ("center", 0.0))
    )
    ahead = (centre - eye) / np.linalg.norm(centre - eye)
    right = np.cross(ahead, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    focal = NEARER * height / (2 * np.tan(FIELD_OF_VIEW / 2))

    def seen(points: np.ndarray) -> np.ndarray:
        placed = size * (np.asarray(points) - ranges.mean(axis=1)) / (ranges[:, 1] - ranges[:, 0]) - eye
        away = placed @ ahead
        across, up = placed @ right / away, placed @ np.cross(right, ahead) / away
        return np.stack([width / 2 + focal * across, height / 2 - focal * up, away], axis=-1)

    return seen


def _draw(picture: Image.Image, trace: Mapping[str, Any], seen, colours: Mapping[str, Any], thick: float) -> None:
    kind, role = trace["type"], str(trace.get("meta"))
    parts = {axis: _array(trace[axis]) for axis in "xyz" if axis in trace}
    if kind == "contour":
        _contour(picture, parts, role, seen, colours)
    elif kind in ("surface", "mesh3d"):
        _surface(picture, trace, parts, seen, colours)
    elif kind in ("scatter", "scatter3d") and "lines" in trace.get("mode", "lines"):
        points = seen(np.stack(list(parts.values()), axis=-1))
        pen, width = ImageDraw.Draw(picture), round(FINER * (2.5 if role == "flow" else thick))
        for piece in _pieces(points[:, :2]):
            pen.line([tuple(point) for point in piece.tolist()], colours.get(role, colours["muted"]), width, "curve")


def _contour(picture: Image.Image, parts: Mapping[str, np.ndarray], role: str, seen, colours: Mapping[str, Any]) -> None:
    x, y, z = parts["x"], parts["y"], parts["z"]
    (left, bottom), (right, top) = seen(np.array([[x[0], y[0]], [x[-1], y[-1]]]))
    size = max(2, round(right - left)), max(2, round(bottom - top))
    field = np.asarray(Image.fromarray(z[::-1].astype(np.float32), mode="F").resize(size, Image.Resampling.BILINEAR))
    place = round(left), round(top)
    if role == "manifold":
        below = np.nan_to_num(field, nan=1.0) < 0
        edge = np.zeros_like(below)
        edge[:, 1:] |= below[:, 1:] != below[:, :-1]
        edge[1:] |= below[1:] != below[:-1]
        thick = Image.fromarray(edge.astype(np.uint8) * 255).filter(ImageFilter.MaxFilter(2 * FINER * 2 + 1))
        picture.paste(colours["manifold"], place, thick)
        return
    low, high = np.nanmin(field), np.nanmax(field)
    share = np.nan_to_num((field - low) / max(high - low, 1e-12), nan=1.0)
    band = (share * LEVELS).astype(int)
    scale = np.array([_rgb(colour) for colour in colours["contour"]])
    steps, known = np.linspace(0, 1, LEVELS + 1), np.linspace(0, 1, len(scale))
    rgb = np.stack([np.interp(steps, known, channel) for channel in scale.T], axis=-1)[band]
    lines = np.zeros(band.shape, dtype=bool)
    lines[:, 1:] |= band[:, 1:] != band[:, :-1]
    lines[1:] |= band[1:] != band[:-1]
    rgb[lines] = _rgb(colours["grid"])
    picture.paste(tuple(int(c) for c in scale[-1]), (0, 0, *picture.size))
    picture.paste(Image.fromarray(rgb.astype(np.uint8)), place)


def _surface(
    picture: Image.Image, trace: Mapping[str, Any], parts: Mapping[str, np.ndarray], seen, colours: Mapping[str, Any]
) -> None:
    x, y, z = parts["x"], parts["y"], parts["z"]
    if trace["type"] == "surface":
        if x.ndim == 1:
            x, y = np.meshgrid(x, y)
        corners = np.stack([x, y, z], axis=-1)
        faces = np.stack([corners[:-1, :-1], corners[:-1, 1:], corners[1:, 1:], corners[1:, :-1]], axis=2).reshape(-1, 4, 3)
    else:
        corners = np.stack([x, y, z], axis=-1)
        faces = corners[np.stack([_array(trace[name]).astype(int) for name in "ijk"], axis=-1)]
    faces = faces[np.isfinite(faces).all(axis=(1, 2))]
    places = seen(faces.reshape(-1, 3)).reshape(*faces.shape[:2], 3)
    normals = np.cross(faces[:, 1] - faces[:, 0], faces[:, -1] - faces[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    bright = np.abs(normals @ (np.array([0.4, 0.3, 0.87])))
    dark, light = _rgb(colours["grid"]), _rgb(colours["paper"])
    pen = ImageDraw.Draw(picture)
    for face in np.argsort(-places[..., 2].mean(axis=1)):
        tone = dark + bright[face] * (light - dark)
        pen.polygon([tuple(point) for point in places[face, :, :2].tolist()], tuple(int(c) for c in tone))


def _mark(picture: Image.Image, points: np.ndarray, colour: str, *, ring: bool, paper: str) -> None:
    pen, radius = ImageDraw.Draw(picture), FINER * RADIUS
    for x, y in points[np.isfinite(points).all(axis=1)][:, :2]:
        box = [x - radius, y - radius, x + radius, y + radius]
        pen.ellipse(box, None if ring else colour, colour if ring else paper, FINER * 2 if ring else FINER)


def _with_words(picture: Image.Image, colours: Mapping[str, Any], title: str, words: str) -> bytes:
    """A picture of SIZE less the BAND, with a title and as much of a text as two lines hold below."""
    whole = Image.new("RGB", SIZE, colours["raised"])
    whole.paste(picture)
    pen, top, room = ImageDraw.Draw(whole), SIZE[1] - BAND, SIZE[0] - 2 * EDGE
    (head,) = lines_of(f"{title} · {NAME}" if title else NAME, TITLE, room, 1)
    _write(pen, (EDGE, top + 6), head, TITLE, colours["ink"])
    for number, line in enumerate(lines_of(words, SMALL, room, 2)):
        _write(pen, (EDGE, top + 47 + LINE * number), line, SMALL, colours["muted"])
    file = io.BytesIO()
    whole.save(file, "PNG")
    return file.getvalue()


def lines_of(text: str, size: int, room: float, most: int) -> list[str]:
    """A text in at most so many lines, none wider than `room` pixels; what is left out is an ellipsis."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if _width(longer, size) <= room:
            line = longer
        elif len(lines) + 1 < most:
            lines, line = [*lines, line], word
        else:
            while line and _width(f"{line} …", size) > room:
                line = line.rpartition(" ")[0]
            return [*lines, f"{line} …".strip()]
    return [*lines, line]


def _write(pen: ImageDraw.ImageDraw, place: tuple[int, int], text: str, size: int, colour: str) -> None:
    x, y = map(float, place)
    for letter, font in _letters(text, size):
        pen.text((x, y), letter, colour, font)
        x += font.getlength(letter)


def _width(text: str, size: int) -> float:
    return sum(font.getlength(letter) for letter, font in _letters(text, size))


def _letters(text: str, size: int) -> Iterator[tuple[str, ImageFont.FreeTypeFont]]:
    """Each letter with the font that has it; one that none has as what it stands for: ₁ as 1, ℓ as l."""
    fonts = _fonts(size)
    for letter in text:
        has = next((font for font in fonts if _has(font, letter)), None)
        if has is not None:
            yield letter, has
        else:
            yield from ((each, fonts[0]) for each in normalize("NFKD", letter))


@lru_cache(maxsize=4)
def _fonts(size: int) -> tuple[ImageFont.FreeTypeFont, ...]:
    """Latin letters and Greek ones are in two files."""
    return tuple(ImageFont.truetype(str(resource(*file)), size) for file in FONTS)


@lru_cache(maxsize=512)
def _has(font: ImageFont.FreeTypeFont, letter: str) -> bool:
    return letter.isspace() or bytes(font.getmask(letter)) != bytes(font.getmask(NOWHERE))


def _array(value: Any) -> np.ndarray:
    """A list, or what figures/traces.py has packed."""
    if not isinstance(value, Mapping):
        return np.array([np.nan if each is None else each for each in value], dtype=float)
    array = np.frombuffer(b64decode(value["bdata"]), np.dtype(value["dtype"]).newbyteorder("<"))
    return array.reshape([int(side) for side in value["shape"].split(",")] if "shape" in value else -1).astype(float)


def _pieces(points: np.ndarray) -> Iterator[np.ndarray]:
    """What is between gaps."""
    gaps = np.flatnonzero(~np.isfinite(points).all(axis=1))
    for piece in np.split(points, gaps):
        finite = piece[np.isfinite(piece).all(axis=1)]
        if len(finite) > 1:
            yield finite


def _rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)], dtype=float)
