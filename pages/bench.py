"""The bench: a landscape and a noise of one's own, typeset and checked while they are typed.

What stands in the fields is the session's `Desk`; what can be read of it is the scene, and so the link. Whatever cannot be read
stays in the fields alone: scene, picture and link keep the last that could. All of it is one fragment: a key reruns nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from time import monotonic
from typing import Any, ClassVar

import numpy as np
import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from content.catalogue import OF_AN_EXPERIMENT, TITLES
from dynamics import Experiment, Landscape, Noise, noise
from dynamics.engine.budget import cost_sentence
from dynamics.experiment import MAX_LENGTH
from dynamics.files import MAX_BYTES, from_toml, to_toml
from dynamics.inspection.checks import Finding
from dynamics.landscapes.landscape import Parameter
from dynamics.landscapes.latex import covariance_latex, spelled
from dynamics.landscapes.typed import MAX_TEXT, Typed, write_landscape
from dynamics.noise import KINDS
from dynamics.noise.covariance import matrix_of
from dynamics.optimizers import SGD
from dynamics.settings import number_text
from figures.bench import ground_panel
from figures.caption import number, point
from pages.shared.begin import begin
from pages.shared.bench_limit import limit_of
from pages.shared.component import for_all
from pages.shared.controls import ABOUT_NOISE, ABOUT_START, bench_controls, slider_step, touch, usable_noises, widget
from pages.shared.desk import Desk, formula_marks, range_text, read_covariance, read_formula
from pages.shared.editor import Mark, editor, typed
from pages.shared.panel import panel
from pages.shared.scene import Scene
from pages.shared.sentences import plain
from pages.shared.session import go, hear, move, write_link
from server import blobs

FORMULA, MATRIX, PICTURE = "field.formula", "field.matrix", "bench.view"
PATIENCE = 2.0  # seconds for gradient flow to come to rest
FORMS = {"residuals": "Residuals", "loss": "Loss"}
HINTS = {"residuals": "One residual a line; L = (f₁² + … + fₙ²)/2n", "loss": "Smooth, and nowhere negative"}
PLACEHOLDERS = {"residuals": "x*y - a\na = 1 in [0.25, 4]", "loss": "(x*y - a)^2/2\na = 1 in [0.25, 4]"}
ELSEWHERE = tuple(view for view in OF_AN_EXPERIMENT if view not in ("simulator", "bench"))  # one has a button, one is here

OF_SGD = ("sharpness", "limit")  # topics of the checks that are about SGD's steps and SGD's limit

SIGNS = {"ok": ("✓", "Fine"), "note": ("i", "Note"), "warning": ("!", "Warning"), "error": ("×", "Trouble")}
SYMBOLS = {"learning_rate": "*η*", "horizon": "*T*", "start": "*x₀*"}


@dataclass(frozen=True)
class Bench(Scene):
    """An experiment whose landscape is one's own: a built-in one opens as what its formulas say."""

    optimizers: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "experiment", replace(self.experiment, landscape=self.experiment.landscape.own))


def render() -> None:
    begin("bench", Bench, lambda scene: replace(scene, experiment=bench_controls(scene.experiment)), _buttons)
    st.fragment(_bench)()


# Reading


def _follow(desk: Desk, read: Typed) -> tuple[Mark, ...]:
    """Make the scene what the fields say, if they can be read; and what is wrong with the covariance."""
    marks: tuple[Mark, ...] = ()
    names = (*read.variables, *(spec.name for spec in read.parameters))
    given: Noise | None = desk.noise
    if desk.noise.kind == "covariance":
        given, marks = read_covariance(desk, read.variables, names)
    if not desk.changed or read.landscape is None or given is None:
        return marks
    start = tuple(desk.start.get(name, 1.0) for name in read.variables)
    try:
        experiment = replace(st.session_state.scene.experiment, landscape=read.landscape, noise=given, start=start)
        if sum(len(key) + len(value) for key, value in experiment.to_query().items()) > MAX_LENGTH:
            raise ValueError(f"This is more than a link can carry, {MAX_LENGTH:,} characters.")
    except ValueError as error:
        desk.fault = str(error)
        return marks
    desk.changed, desk.fault, desk.shown, desk.order = False, "", experiment, read.variables
    hear(replace(st.session_state.scene, experiment=experiment))
    write_link()
    return marks


# The page


def _buttons(scene: Bench) -> None:
    st.button("Open in the simulator", key="simulate", type="primary", on_click=go, args=("simulator",))
    with st.popover("Open in …", key="elsewhere"):
        for view in ELSEWHERE:
            st.button(TITLES[view], key=f"open.{view}", width="stretch", on_click=go, args=(view,))
    with st.popover("Open a file", key="file"):
        turn = st.session_state.get("uploads", 0)
        st.file_uploader(
            "A landscape or an experiment, as TOML",
            "toml",
            key=f"upload.{turn}",
            on_change=_open_file,
            args=(f"upload.{turn}",),
            help="A file as “Download as TOML” writes it. Try one of the project’s assets/landscapes.",
        )


def _open_file(key: str) -> None:
    given = st.session_state[key]
    st.session_state.uploads = st.session_state.get("uploads", 0) + 1  # a field of its own for the next file
    if given is None:
        return
    try:
        found = from_toml(given.getvalue()[: MAX_BYTES + 1])
        if isinstance(found, Landscape):
            start = found.start or (1.0,) * found.dimension
            found = Experiment(landscape=found, start=start)
        move(replace(st.session_state.scene, experiment=found))
    except ValueError as error:
        touch()
        st.session_state.notes = [f"“{given.name[:60]}”: {error}"]


def _bench() -> None:
    if st.session_state.pop("bench.moved", False):
        st.rerun()
    context = get_script_run_ctx()
    if context is not None and context.fragment_ids_this_run:
        st.session_state.pop("touched", None)  # by a field: the page has nothing to do with it
    desk: Desk = st.session_state.setdefault("bench", Desk())
    if desk.shown != st.session_state.scene.experiment:
        desk.lay_out(st.session_state.scene.experiment)
    read = read_formula(desk.formula.text, desk.form, desk.order, desk.extra)
    of_matrix = _follow(desk, read)
    experiment: Experiment = st.session_state.scene.experiment
    stale = read.landscape is None or bool(of_matrix) or bool(desk.fault)
    with st.container(key="bench"):
        left, right = st.columns([9, 11], gap="medium")
        with left:
            with st.container(key="bench-formula"):
                _formula(desk, read)
            with st.container(key="bench-typeset"):
                st.latex((read.landscape or experiment.landscape).latex)
                if experiment.noise.kind == "covariance":
                    st.latex(_sigma(experiment))
            with st.container(key="bench-parameters"):
                _parameters(read)
            with st.container(key="bench-start"):
                _start(desk, read)
            with st.container(key="bench-noise"):
                _noise(desk, read, of_matrix)
        with right:
            with st.container(key="bench-checks"):
                if stale:
                    st.caption("What follows is of the last formula that could be read.")
                _checks(experiment)
                numbers = f'data-formula="{desk.formula.heard}" data-matrix="{desk.matrix.heard}"'
                st.html(f'<i class="azl-answered" data-reading="{"last" if stale else "this"}" {numbers}></i>')
            with st.container(key="bench-picture"):
                _picture(experiment)
                st.caption(cost_sentence(experiment))
                st.download_button(
                    "Download as TOML", to_toml(experiment), "experiment.toml", "application/toml", key="bench.download",
                    help="Landscape, noise, start and all settings, as text: as the built-in landscapes are written.",
                )  # fmt: skip
        with left, st.container(key="bench-limit"):  # last: nothing else waits for it
            limit_of(experiment)


def _formula(desk: Desk, read: Typed) -> None:
    st.session_state["bench.form"] = desk.form
    st.segmented_control(
        "Given by its", list(FORMS), format_func=lambda form: FORMS[form], key="bench.form", on_change=_reform, required=True,
        help="Residuals, of which L is the sum of squares, or L itself. Try residuals: label noise needs them.",
    )  # fmt: skip
    marks = formula_marks(desk.formula.text, desk.form)
    editor(
        desk.formula, marks, FORMULA, _type_formula, label=FORMS[desk.form], hint=HINTS[desk.form], quiet=True,
        placeholder=PLACEHOLDERS[desk.form], rows=3,
    )  # fmt: skip
    if desk.fault:
        st.warning(plain(desk.fault))


def _parameters(read: Typed) -> None:
    for spec in read.parameters:
        key = f"bench.parameter.{spec.name}"
        st.session_state[key] = spec.default
        st.slider(
            f"*{spec.name}*", spec.minimum, spec.maximum, step=slider_step(spec.minimum, spec.maximum), format="%.4g", key=key,
            on_change=_slide, args=(spec, key),
            help=(
                "A parameter of the formula, no unit. Try a range of its own: a = 1 in [0, 4]."
            ),
        )  # fmt: skip


def _start(desk: Desk, read: Typed) -> None:
    variables = read.variables or desk.order
    st.markdown("Start" if len(variables) == 1 else f"Start, in {len(variables)} variables", help=ABOUT_START)
    for column, name in zip(st.columns(len(variables), gap="small"), variables, strict=True):
        with column:
            key = f"bench.start.{name}"
            st.session_state[key] = desk.start.get(name, 1.0)
            st.number_input(f"*{spelled(name)}*", step=0.1, format="%.4g", key=key, on_change=_place_start, args=(name, key))


def _noise(desk: Desk, read: Typed, marks: tuple[Mark, ...]) -> None:
    titles = usable_noises(desk.form == "residuals")
    st.session_state["bench.kind"] = desk.noise.kind
    kind_column, value_column = st.columns([3, 2], gap="small")
    with kind_column:
        st.selectbox(
            "Gradient noise", list(titles), format_func=titles.__getitem__, key="bench.kind", on_change=_choose_noise,
            help=ABOUT_NOISE,
        )  # fmt: skip
    with value_column:
        for name in desk.noise.face:
            if name == "matrix":
                continue
            key = f"bench.noise.{name}"
            st.session_state[key] = getattr(desk.noise, name)
            widget(desk.noise.setting(name), {"key": key, "on_change": _strength, "args": (name, key)})
    if desk.noise.kind == "covariance":
        hint = f"Rows, or [[1,0],[0,1]]; formulas in {', '.join(read.variables)}" if len(read.variables) < 6 else "One row a line"
        editor(desk.matrix, marks, MATRIX, _type_matrix, label="Covariance Σ", hint=hint, rows=2)


def _sigma(experiment: Experiment) -> str:
    names = experiment.landscape.definition.variables + experiment.landscape.definition.parameters
    return covariance_latex(matrix_of(experiment.noise, experiment.landscape.dimension), names)


def _checks(experiment: Experiment) -> None:
    """A list of sentences; one with a suggestion has a button beside it."""
    plain: list[str] = []
    optimizer, noise = experiment.optimizer, experiment.limit_noise
    acting = noise if optimizer.has_parts or optimizer.uses_noise else None
    findings = _findings(experiment.landscape, experiment.start, acting, experiment.learning_rate)
    if optimizer != SGD:
        findings = tuple(finding for finding in findings if finding.topic not in OF_SGD)
    for i, finding in enumerate(findings):
        if not finding.suggestion:
            plain.append(_finding(finding))
            continue
        if plain:
            st.html("".join(plain))
            plain = []
        changes = dict(finding.suggestion)
        with st.container(key=f"bench-finding-{i}", horizontal=True, vertical_alignment="center", gap="small"):
            st.html(_finding(finding))
            words = ", ".join(f"{SYMBOLS.get(name, name)} = {_value_text(value)}" for name, value in changes.items())
            st.button(f"Take {words}", key=f"bench.take.{i}", on_click=_take, args=(changes,))
    if plain:
        st.html("".join(plain))
    if optimizer != SGD:
        bound = f", stable on Γ up to the sharpness {optimizer.stability_bound}" if np.isfinite(optimizer.stable) else ""
        st.caption(f"Checks of the learning rate and of the limit are about SGD, and left out: this is {optimizer.label}{bound}.")


def _finding(finding: Finding) -> str:
    sign, word = SIGNS[finding.level]
    sentence = escape(f"{finding.sentence} {finding.remedy}".rstrip()).replace("λ_max", "λ<sub>max</sub>")
    return (
        f'<p class="azl-finding" data-level="{finding.level}" data-topic="{finding.topic}"><b aria-hidden="true">{sign}</b>'
        f'<span class="unseen">{word}: </span><span>{sentence}</span></p>'
    )


def _value_text(value: Any) -> str:
    return point(value) if isinstance(value, tuple) else number(value) if isinstance(value, int | float) else str(value)


@lru_cache(maxsize=64)
def _findings(landscape: Landscape, start: tuple[float, ...], given: Noise | None, learning_rate: float) -> tuple[Finding, ...]:
    return landscape.check(start, given, learning_rate).items


def _picture(experiment: Experiment) -> None:
    key = ("bench", experiment.landscape, experiment.start)
    ends = monotonic() + PATIENCE
    try:
        encoded = blobs.made(key, lambda: ground_panel(experiment, lambda: monotonic() > ends).encode())
    except ValueError as error:
        st.caption(f"No picture: {plain(error)}")
        return
    with for_all():
        panel(encoded, PICTURE, _pick)


# What the fields say


def _desk() -> Desk:
    touch()
    desk: Desk = st.session_state.bench
    desk.changed = True
    return desk


def _type_formula() -> None:
    typed(_desk().formula, FORMULA, MAX_TEXT + 1)


def _type_matrix() -> None:
    typed(_desk().matrix, MATRIX, MAX_TEXT + 1)


def _reform() -> None:
    """The same loss in the other form, where it has one: residuals as their squares. A loss stays as it is typed."""
    desk, form = _desk(), st.session_state["bench.form"]
    read = read_formula(desk.formula.text, desk.form, desk.order, desk.extra)
    if form == "loss" and read.landscape is not None and read.landscape.has_residuals:
        residuals = read.landscape.definition.residuals
        squares = " + ".join(f"({residual})^2" for residual in residuals)
        lines = write_landscape(read.landscape).split("\n")[len(residuals) :]
        desk.formula.rewrite("\n".join([f"({squares})/{2 * len(residuals)}", *lines]))
    desk.form = form
    if form == "loss" and KINDS[desk.noise.kind].needs_residuals:
        desk.noise = noise("isotropic", scale=getattr(desk.noise, "scale", 1.0))


def _slide(spec: Parameter, key: str) -> None:
    """A moved slider is written into the text, with its range if that was not there."""
    desk, value = _desk(), st.session_state[key]
    name = re.escape(spec.name)
    line = re.compile(rf"(^|[\n;])([ \t]*{name}[ \t]*=[ \t]*)([^\n;]*?)([ \t]*in[ \t]*\[[^\]\n;]*\])?(?=[ \t]*(?:$|[\n;]))")
    desk.formula.rewrite(
        line.sub(
            lambda found: f"{found[1]}{found[2]}{number_text(value)}{found[4] or range_text(spec)}", desk.formula.text, count=1
        )
    )


def _place_start(name: str, key: str) -> None:
    _desk().start[name] = st.session_state[key]


def _pick() -> None:
    desk = _desk()
    for name, value in zip(st.session_state.scene.experiment.landscape.variables, st.session_state[PICTURE]["pick"], strict=False):
        desk.start[name] = float(f"{value:.3g}")


def _choose_noise() -> None:
    desk, kind = _desk(), st.session_state["bench.kind"]
    known = set(KINDS[kind].defaults()) - {"matrix", "batch"}
    settings: dict[str, Any] = {name: getattr(desk.noise, name) for name in desk.noise.defaults() if name in known}
    laws = KINDS[kind].setting("law").options  # type: ignore[attr-defined]
    if settings["law"] not in laws or desk.noise.law == desk.noise.setting("law").default:
        del settings["law"]
    desk.noise = noise(kind, **settings)


def _strength(name: str, key: str) -> None:
    desk = _desk()
    desk.noise = replace(desk.noise, **{name: st.session_state[key]})


def _take(changes: dict[str, Any]) -> None:
    """What a check suggests: the controls beside the bench show it too."""
    scene: Bench = st.session_state.scene
    move(replace(scene, experiment=replace(scene.experiment, **changes)))
    st.session_state["bench.moved"] = True
