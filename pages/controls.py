"""The simulator's controls. They say what a link says, in the same words, so that one code reads both.

Every control's value lives in `st.session_state` under a key that starts with PREFIX. `forget` drops them all: at the next run they
show the scene again. That is how a link, a button or a click on the picture moves them. Whoever moves a control or presses a button
is noted as `touched`: such a run must not mistake an address that lags behind for one that somebody went to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dynamics import SCHEDULES, SCHEMES, Experiment, Landscape, Noise, landscape, landscape_names
from dynamics.landscapes.landscape import View
from dynamics.links import landscape_query
from dynamics.noise import FREEDOM, KINDS, MAX_MEMORY, FreeNoise, LabelNoise
from figures.caption import number
from figures.landscape_figure import landscape_views

PREFIX = "control."
OWN = "custom"
SERIES = (1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.3, 8)  # evenly spaced to the eye, and halves stay among them

NOISES = {
    "label": "Label noise",
    "isotropic": "Isotropic noise",
    "minibatch": "Minibatch sampling",
    "covariance": "Covariance of your own",
}
LAWS = {"gaussian": "Gaussian", "rademacher": "±1", "student": "Student’s t", "sampling": "Sampling itself"}
PART_TITLES = {"tangent": "Tangent", "mixed": "Mixed", "normal": "Normal"}


def forget() -> None:
    for key in [key for key in st.session_state if str(key).startswith(PREFIX)]:
        del st.session_state[key]


def touch() -> None:
    st.session_state.touched = True


def experiment_controls(experiment: Experiment, between: Callable[[], None] = lambda: None, *, picture: bool = False) -> Experiment:
    """Draw the controls as the experiment has them, and return the experiment that they now say.

    `between` draws a page's own; with `picture` a click on the page's picture places the start. Raises ValueError, with a sentence.
    """
    query = {"v": "1"} | _landscape(experiment.landscape)
    st.divider()
    query |= _noise(experiment)
    st.divider()
    query |= _steps(experiment)
    query |= _start(experiment, picture)
    between()
    query |= _more(experiment, query["noise"])
    return Experiment.from_query(query)


def bench_controls(experiment: Experiment) -> Experiment:
    """The controls beside the bench, which itself says landscape, noise and start. Raises ValueError, with a sentence."""
    titles = {name: landscape(name).title for name in landscape_names()} | {OWN: "What is on the bench"}
    names = [OWN, *sorted(landscape_names(), key=lambda name: titles[name])]
    st.selectbox("Begin with", names, format_func=lambda name: titles[name], **control("landscape", OWN, _change_landscape))
    st.divider()
    query = experiment.to_query() | _steps(experiment) | _more(experiment, experiment.noise.kind)
    return Experiment.from_query(query)


def projection_control(landscape: Landscape, current: View) -> str:
    """Which of the landscape's views to look at, by name."""
    views: dict[str, View] = {view.name: view for view in landscape_views(landscape)}
    if len(views) == 1:
        return current.name
    return st.selectbox("View", list(views), format_func=lambda name: views[name].title, **control("projection", current.name))


def control(name: str, value: Any, on_change: Callable[[], None] = touch) -> dict[str, Any]:
    """The key of a control, which shows `value` if it is new, and what to do when somebody moves it."""
    key = PREFIX + name
    st.session_state.setdefault(key, value)
    return {"key": key, "on_change": _changed, "args": (key, on_change)}


def _changed(key: str, on_change: Callable[[], None]) -> None:
    """Controls stand outside of fragments: what the run of a fragment says of one is what the browser knew before `forget`."""
    context = get_script_run_ctx()
    if context is not None and context.fragment_ids_this_run:
        st.session_state.pop(key, None)
    else:
        on_change()


# The landscape


def _landscape(current: Landscape) -> dict[str, str]:
    titles = {name: landscape(name).title for name in landscape_names()} | {OWN: "Your own…"}
    names = [*sorted(landscape_names(), key=lambda name: titles[name]), OWN]
    chosen = control("landscape", current.name, _change_landscape)
    st.selectbox("Landscape", names, format_func=lambda name: titles[name], **chosen)
    if current.text:
        st.markdown(current.text)
    st.latex(current.latex)
    query = landscape_query(current)
    for parameter in current.parameters:
        value = st.slider(
            f"*{parameter.name}*, {parameter.meaning}" if parameter.meaning else f"*{parameter.name}*",
            parameter.minimum,
            parameter.maximum,
            step=slider_step(parameter.minimum, parameter.maximum),
            format="%.4g",
            **control(f"landscape.{current.name}.{parameter.name}", current.parameter_values[parameter.name]),
        )
        query[f"landscape.{parameter.name}"] = repr(value)
    st.button(
        "Edit", key="edit", on_click=go_to_bench, help="Its formulas, noise and start on the bench, to make them your own.",
    )  # fmt: skip
    return query


def _change_landscape() -> None:
    """Another landscape opens as its file says; one's own is made on the bench, of the one before."""
    touch()
    name, scene = st.session_state.get(PREFIX + "landscape"), st.session_state.scene
    if name in (None, scene.experiment.landscape.name):  # a run was cut short between `forget` and the controls
        return
    if name == OWN:
        go_to_bench()
        return
    st.session_state.scene = scene.moved(Experiment(landscape=name))
    forget()


def go_to_bench() -> None:
    """From a callback: what is looked at, on the bench."""
    st.query_params.from_dict({"view": "bench"} | st.session_state.scene.experiment.to_query())


# The noise


def _noise(experiment: Experiment) -> dict[str, str]:
    current = experiment.noise
    usable = [kind for kind in NOISES if experiment.landscape.has_residuals or not KINDS[kind].needs_residuals]
    kind = st.selectbox("Gradient noise", usable, format_func=lambda kind: NOISES[kind], **control("noise", current.kind))
    query = {"noise": kind}
    settings = {name: getattr(current, name) for name in current.__dataclass_fields__}
    if kind in ("label", "isotropic"):
        label = "Noise on the label, *δ*" if kind == "label" else "Standard deviation, *s*"
        scale = st.number_input(
            label, 0.0, 1000.0, step=0.1, format="%.4g", **control("noise.scale", float(settings.get("scale", 1.0)))
        )
        query["noise.scale"] = repr(scale)
    if kind == "minibatch":
        batch = settings["batch"] if current.kind == "minibatch" else 1
        query["noise.batch"] = str(st.number_input("Batch size", 1, 10_000, **control("noise.batch", batch)))
        st.caption("On Γ every sample is fitted: this noise vanishes there, and the limit stands still.")
    if kind == "covariance":
        size = experiment.landscape.dimension
        identity = tuple(tuple("1" if i == j else "0" for j in range(size)) for i in range(size))
        rows = st.text_area(
            "Σ, one row a line",
            **control(f"noise.matrix.{size}", "\n".join(", ".join(row) for row in settings.get("matrix", identity))),
            height=40 + 24 * min(size, 6),
            help=f"Symmetric, positive semidefinite; each entry a formula in {', '.join(experiment.landscape.variables)}.",
        )
        query["noise.matrix"] = ";".join(row for row in rows.splitlines() if row.strip())
    return query


def _draws(current: Noise, kind: str) -> dict[str, str]:
    """How a noise with this covariance is drawn."""
    query = {}
    if kind == "label":
        titles = {"1": "One sample", "full": "All samples"}
        query["noise.batch"] = st.radio(
            "Each step takes the gradient of",
            list(titles),
            format_func=lambda batch: titles[batch],
            horizontal=True,
            **control("noise.label_batch", str(current.batch) if isinstance(current, LabelNoise) else "1"),
        )
    laws = KINDS[kind].laws
    query["noise.law"] = st.radio(
        "Noise drawn from",
        laws,
        format_func=lambda law: LAWS[law],
        horizontal=True,
        **control(f"noise.law.{kind}", current.law if current.kind == kind else laws[0]),
        help="Laws with the same covariance have the same limit.",
    )
    if not issubclass(KINDS[kind], FreeNoise):
        return query
    free = current if isinstance(current, FreeNoise) else FreeNoise()
    if query["noise.law"] == "student":
        low, high = FREEDOM
        freedom = st.number_input(
            "Degrees of freedom, *ν*", low, high, step=0.5, format="%.4g", **control("noise.freedom", free.freedom),
            help="The fewer, the heavier the tails. With two or fewer the variance is infinite.",
        )  # fmt: skip
        query["noise.freedom"] = repr(freedom)
    memory = st.number_input(
        "Memory, *ρ*", 0.0, MAX_MEMORY, step=0.1, format="%.4g", **control("noise.memory", free.memory),
        help="With this probability a step repeats the noise of the step before. The theorem is about ρ = 0.",
    )  # fmt: skip
    query["noise.memory"] = repr(memory)
    return query


# Steps, start, view


def _steps(experiment: Experiment) -> dict[str, str]:
    return {
        "learning_rate": _logarithmic("Learning rate, *η*", "learning_rate", experiment.learning_rate, range(-3, 0)),
        "horizon": _logarithmic("Horizon in slow time, *T*", "horizon", experiment.horizon, range(-1, 2)),
    }


def _logarithmic(label: str, name: str, current: float, decades: Iterable[int]) -> str:
    settings = control(name, current)
    options = {float(f"{factor}e{decade}") for decade in decades for factor in SERIES} | {10.0 ** (max(decades) + 1)}
    options |= {current, st.session_state[settings["key"]]}
    return repr(st.select_slider(label, sorted(options), format_func=number, **settings))


def _start(experiment: Experiment, picture: bool) -> dict[str, str]:
    variables = experiment.landscape.variables
    known = dict(zip(experiment.landscape.variables, experiment.start, strict=True))
    st.markdown("Start <small>(or click on the picture)</small>" if picture else "Start", unsafe_allow_html=picture)
    values = []
    across = 2 if len(variables) in (2, 4) else 3
    for row in range(0, len(variables), across):
        for column, name in zip(st.columns(across, gap="small"), variables[row : row + across], strict=False):
            with column:
                settings = control(f"start.{name}", float(known.get(name, 1.0)))
                values.append(st.number_input(f"*{name}*", step=0.1, format="%.4g", **settings))
    return {"start": ",".join(map(repr, values))}


def _more(experiment: Experiment, kind: str) -> dict[str, str]:
    with st.expander("Paths, frames, integrator"):
        query = _draws(experiment.noise, kind)
        for name, title, step in (("paths", "Paths", 100), ("frames", "Frames", 100), ("seed", "Seed", 1)):
            low, high = (int(value) for value in Experiment.limits(name))
            value = st.number_input(title, low, high, step=step, **control(name, getattr(experiment, name)))
            query[name] = str(value)
        query["schedule"] = st.selectbox(
            "Frames are spread",
            list(SCHEDULES),
            format_func=lambda name: SCHEDULES[name].removeprefix("frames "),
            **control("schedule", experiment.schedule),
        )
        query["scheme"] = st.selectbox(
            "Integrator of the limiting SDE",
            list(SCHEMES),
            format_func=lambda name: SCHEMES[name].title,
            **control("scheme", experiment.scheme),
        )
        chosen = st.multiselect(
            "Drift parts of the limit",
            list(PART_TITLES),
            format_func=lambda part: PART_TITLES[part],
            **control("parts", list(experiment.parts)),
            help="Without a part the limit is no longer SGD's: what it does then shows what the part is for.",
        )
        query["parts"] = ",".join(chosen) or "none"
        low, high = (int(value) for value in Experiment.limits("substeps"))
        substeps = st.number_input(
            "Fineness of its steps",
            low,
            high,
            **control("substeps", experiment.substeps),
            help="No step is longer than T/(25 × this); where Γ turns sharply or the drift changes fast, steps are shorter anyway.",
        )
        query["substeps"] = str(substeps)
    return query


def slider_step(low: float, high: float) -> float:
    """A two-hundredth of a slider's width, rounded to a decimal."""
    return float(f"{(high - low) / 200:.0e}")
