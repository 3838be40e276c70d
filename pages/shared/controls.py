"""The simulator's controls. They say what a link says, in the same words, so that one code reads both.

Every control's value lives in `st.session_state` under a key that starts with PREFIX. `forget` drops them all: at the next run they
show the scene again. That is how a link, a button or a click on the picture moves them. Whoever moves a control or presses a button
is noted as `touched`: such a run must not mistake an address that lags behind for one that somebody went to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dynamics import Experiment, Landscape, Noise, landscape, landscape_names
from dynamics.engine.budget import cost_sentence, cost_summary
from dynamics.experiment import NUMBERS, SETTINGS
from dynamics.landscapes.landscape import View
from dynamics.landscapes.latex import spelled
from dynamics.landscapes.link import landscape_query
from dynamics.noise import KINDS
from dynamics.noise.covariance import Matrix, matrix_of, rows_text
from dynamics.noise.free import FREEDOM, MEMORY
from dynamics.optimizers import OPTIMIZERS, SGD, Optimizer
from dynamics.settings import Choice, Number, Setting, Several, Switch
from figures.caption import number
from figures.landscape_figure import landscape_views
from pages.shared.about import formula
from pages.shared.scene import PROJECTION

PREFIX = "control."
OWN = "custom"
SERIES = (1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.3, 8)  # evenly spaced to the eye, and halves stay among them

DETAILS = ("paths", "frames", "seed", "schedule", "scheme", "parts", "substeps")  # of an experiment, in the order of the controls
ABOUT_NOISE = "What each step’s gradient has too much: its covariance decides the limit. Try another one from the same start."
ABOUT_START = "The parameters with which all paths begin, a coordinate each. Try one on the other side of Γ, or far from it."
SHORT = 16  # characters that each of a choice's options may have to stand in a row


def forget() -> None:
    for key in [key for key in st.session_state if str(key).startswith(PREFIX)]:
        del st.session_state[key]


def touch() -> None:
    st.session_state.touched = True


def experiment_controls(
    experiment: Experiment, between: Callable[[], None] = lambda: None, *, picture: bool = False, optimizers: bool = False
) -> Experiment:
    """Draw the controls as the experiment has them, and return the experiment that they now say.

    `between` draws a page's own; with `picture` a click on the page's picture places the start; pages that are about SGD alone have
    no `optimizers`. Raises ValueError, with a sentence.
    """
    query = {"v": "1"} | _landscape(experiment.landscape)
    st.divider()
    query |= _noise(experiment)
    st.divider()
    query |= _optimizer(experiment) if optimizers else {}
    query |= _steps(experiment)
    query |= _start(experiment, picture)
    between()
    query |= _more(experiment, query["noise"])
    said = Experiment.from_query(query)
    st.caption(cost_summary(said), help=cost_sentence(said))
    return said


def bench_controls(experiment: Experiment) -> Experiment:
    """The controls beside the bench, which itself says landscape, noise and start. Raises ValueError, with a sentence."""
    titles = {name: landscape(name).title for name in landscape_names()} | {OWN: "What is on the bench"}
    names = [OWN, *sorted(landscape_names(), key=lambda name: titles[name])]
    st.selectbox(
        "Begin with", names, format_func=lambda name: titles[name], help="A landscape to change. Try another number of dimensions.",
        **control("landscape", OWN, _change_landscape),
    )  # fmt: skip
    st.divider()
    kept = {key: value for key, value in experiment.to_query().items() if not key.startswith("optimizer")}
    query = kept | _optimizer(experiment) | _steps(experiment) | _more(experiment, experiment.noise.kind)
    return Experiment.from_query(query)


def projection_control(landscape: Landscape, current: View) -> str:
    """Which of the landscape's views to look at, by name."""
    views: dict[str, View] = {view.name: view for view in landscape_views(landscape)}
    if len(views) == 1:
        return current.name
    return st.selectbox(
        PROJECTION.label, list(views), format_func=lambda name: views[name].title, help=PROJECTION.meaning,
        **control("projection", current.name),
    )  # fmt: skip


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


# A setting


def setting_control(setting: Setting, value: Any, name: str = "") -> Any:
    """The control of a setting, which shows `value` if it is new, and what it now says. `name` is the setting's own by default."""
    return widget(setting, control(name or setting.name, value))


def study_controls(settings: Mapping[str, Setting], current: Any, chosen: dict[str, Any]) -> Callable[..., None]:
    """Asks for some of a study's settings, by name, and puts what they now say into `chosen`; `current` is what they have."""

    def ask(*names: str) -> None:
        for name in names:
            chosen[name] = setting_control(settings[name], getattr(current, name), settings[name].key)

    return ask


def widget(setting: Setting, keyed: dict[str, Any]) -> Any:
    """What a setting looks like: `keyed` holds key and callback."""
    keyed = keyed | {"help": setting.meaning or None}
    match setting:
        case Number(whole=True):
            span = int(setting.minimum), int(setting.maximum)
            return int(st.number_input(setting.label, *span, step=int(setting.step or 1), **keyed))
        case Number():
            ends = float(setting.minimum), float(setting.maximum)
            return st.number_input(setting.label, *ends, step=setting.step, format="%.4g", **keyed)
        case Switch():
            return st.toggle(setting.label, **keyed)
        case Several():
            options = setting.options
            return tuple(st.multiselect(setting.label, list(options), format_func=options.__getitem__, **keyed))
        case Choice():
            titles = setting.options
            if max(map(len, titles.values())) <= SHORT:
                return st.radio(setting.label, list(titles), format_func=titles.__getitem__, horizontal=True, **keyed)
            return st.selectbox(setting.label, list(titles), format_func=titles.__getitem__, **keyed)
    raise TypeError(f"There is no control for {type(setting).__name__}.")


# The landscape


def _landscape(current: Landscape) -> dict[str, str]:
    titles = {name: landscape(name).title for name in landscape_names()} | {OWN: "Your own…"}
    names = [*sorted(landscape_names(), key=lambda name: titles[name]), OWN]
    chosen = control("landscape", current.name, _change_landscape)
    explained = (
        "The training loss, as a function of its parameters. Each has a Γ of its own: try one with another number of dimensions."
    )
    st.selectbox("Landscape", names, format_func=lambda name: titles[name], help=explained, **chosen)
    if current.text:
        st.markdown(current.text)
    st.container(key="formula").markdown(formula(current))
    query = landscape_query(current)
    for parameter in current.parameters:
        value = st.slider(
            f"*{spelled(parameter.name)}*, {parameter.meaning}" if parameter.meaning else f"*{spelled(parameter.name)}*",
            parameter.minimum,
            parameter.maximum,
            step=slider_step(parameter.minimum, parameter.maximum),
            format="%.4g",
            **control(f"landscape.{current.name}.{parameter.name}", current.parameter_values[parameter.name]),
        )
        moved = value != current.parameter_values[parameter.name]  # by a slider that counts in steps, 0.1 + 0.2
        query[f"landscape.{parameter.name}"] = f"{value:.10g}" if moved else repr(value)
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


def usable_noises(has_residuals: bool) -> dict[str, str]:
    """Titles of the noises that can act on a landscape, by kind."""
    return {kind: cls.title for kind, cls in KINDS.items() if has_residuals or not cls.needs_residuals}


def _noise(experiment: Experiment) -> dict[str, str]:
    current, titles = experiment.noise, usable_noises(experiment.landscape.has_residuals)
    kind = st.selectbox(
        "Gradient noise", list(titles), format_func=lambda kind: titles[kind],
        help=ABOUT_NOISE,
        **control("noise", current.kind),
    )  # fmt: skip
    query = {"noise": kind}
    for name in KINDS[kind].face:
        setting = KINDS[kind].setting(name)
        value = getattr(current, name, setting.default) if name != "batch" or current.kind == kind else setting.default
        if isinstance(setting, Matrix):
            query["noise.matrix"] = _matrix(experiment, setting)
        else:
            query[f"noise.{name}"] = setting.written(setting_control(setting, value, f"noise.{name}"))
    if KINDS[kind].remark:
        st.caption(KINDS[kind].remark)
    return query


def _matrix(experiment: Experiment, setting: Matrix) -> str:
    size = experiment.landscape.dimension
    rows = st.text_area(
        f"{setting.symbol}, one row a line",
        **control(f"noise.{setting.name}.{size}", rows_text(matrix_of(experiment.noise, size))),
        height=40 + 24 * min(size, 6),
        help=f"{setting.meaning} Each entry is a formula in {', '.join(experiment.landscape.variables)}.",
    )
    return ";".join(row for row in rows.splitlines() if row.strip())


def _draws(current: Noise, kind: str) -> dict[str, str]:
    """How a noise with this covariance is drawn: what does not stand beside its name."""
    query: dict[str, str] = {}
    for setting in KINDS[kind].settings:
        if setting.name in KINDS[kind].face or (setting is FREEDOM and query["noise.law"] != "student"):
            continue
        of_all = setting in (FREEDOM, MEMORY)
        value = getattr(current, setting.name, setting.default) if of_all or current.kind == kind else setting.default
        said = setting_control(setting, value, f"noise.{setting.name}" if of_all else f"noise.{setting.name}.{kind}")
        query[f"noise.{setting.name}"] = setting.written(said)
    return query


# The optimizer


def _optimizer(experiment: Experiment) -> dict[str, str]:
    current = experiment.optimizer
    name = st.selectbox(
        "Optimizer", list(OPTIMIZERS), format_func=lambda name: OPTIMIZERS[name].title,
        help="What a step does with the gradient. Each has a limit on Γ of its own, on a slow clock of its own: try SAM or Adam.",
        **control("optimizer", current.name),
    )  # fmt: skip
    chosen = current if current.name == name else OPTIMIZERS[name]()
    query = {"optimizer": name}
    for setting in chosen.settings:
        said = setting_control(setting, getattr(chosen, setting.name), f"optimizer.{name}.{setting.name}")
        query[f"optimizer.{setting.name}"] = setting.written(said)
    if name != SGD.name:
        st.caption(
            " ".join(filter(None, (f"Slow time t = {chosen.clock}.", *_what_it_does(chosen), chosen.assumption, chosen.remark)))
        )
    return query


def _what_it_does(chosen: Optimizer) -> tuple[str, str]:
    down = f"Its limit flows down {chosen.descends}." if chosen.descends else ""
    return down, "" if chosen.uses_noise else "It takes the full gradient, without the gradient noise."


# Steps, start, view


def _steps(experiment: Experiment) -> dict[str, str]:
    return {
        "learning_rate": _logarithmic(NUMBERS["learning_rate"], experiment.learning_rate, range(-3, 0)),
        "horizon": _logarithmic(NUMBERS["horizon"], experiment.horizon, range(-1, 2)),
    }


def _logarithmic(setting: Number, current: float, decades: Iterable[int]) -> str:
    keyed = control(setting.name, current)
    options = {float(f"{factor}e{decade}") for decade in decades for factor in SERIES} | {10.0 ** (max(decades) + 1)}
    options |= {current, st.session_state[keyed["key"]]}
    return repr(st.select_slider(setting.label, sorted(options), format_func=number, help=setting.meaning, **keyed))


def _start(experiment: Experiment, picture: bool) -> dict[str, str]:
    variables = experiment.landscape.variables
    known = dict(zip(experiment.landscape.variables, experiment.start, strict=True))
    st.markdown(
        "Start <small>(or click on the picture)</small>" if picture else "Start", unsafe_allow_html=picture, help=ABOUT_START,
    )  # fmt: skip
    values = []
    across = 2 if len(variables) in (2, 4) else 3
    for row in range(0, len(variables), across):
        for column, name in zip(st.columns(across, gap="small"), variables[row : row + across], strict=False):
            with column:
                settings = control(f"start.{name}", float(known.get(name, 1.0)))
                values.append(st.number_input(f"*{spelled(name)}*", step=0.1, format="%.4g", **settings))
    return {"start": ",".join(map(repr, values))}


def _more(experiment: Experiment, kind: str) -> dict[str, str]:
    with st.expander("Paths, frames, integrator"):
        query = _draws(experiment.noise, kind)
        for name in DETAILS:
            setting = SETTINGS[name]
            if name == "parts" and not experiment.optimizer.has_parts:
                continue
            query[name] = setting.written(setting_control(setting, getattr(experiment, name)))
    return query


def slider_step(low: float, high: float) -> float:
    """A two-hundredth of a slider's width, rounded to a decimal."""
    return float(f"{(high - low) / 200:.0e}")
