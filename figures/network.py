"""A real network after zero loss: descent, the loss, tr H and the test error as panels, and what is to be seen in a sentence."""

from __future__ import annotations

from typing import Any

import numpy as np

from dynamics.models.digits import COUNT
from dynamics.optimizers.adaptive import QUICK
from dynamics.optimizers.momentum import Momentum
from dynamics.studies.network import BATCH, FORGETS, MOMENTUM, Line, OnDigits, OnNetwork, Runs
from figures.caption import number
from figures.panel import Panel

SHADES = (1.0, 0.75, 0.5)  # of SGD, from the largest learning rate on
SYMBOLS = ("circle", "square", "diamond")
DASHES = ("dash", "dashdot", "dot")  # of the flows, likewise
SLOW = "slow time t = kη²"
ADAM = "Adam’s limit"
FLOOR = 1e-22  # of a loss on a logarithmic axis
Trace = dict[str, Any]


def setting_text(setting: OnDigits) -> str:
    widths = "–".join(map(str, setting.widths))
    return (
        f"{setting.samples} images, network {widths} with {setting.dimension:,} parameters, α = {number(setting.initialization)}, "
        f"δ = {number(setting.scale)}, seed {setting.seed}"
    )


def trace_panel(found: OnNetwork) -> Panel:
    """tr H at Φ against slow time: SGD at each rate, the limit, the flow at each finite rate, and the controls."""
    data: list[Trace] = []
    for line, dash in zip(found.lines[1:], DASHES, strict=False):
        data.append(_line(line, line.trace, f"limit at η = {number(line.learning_rate, 3)}", "role:limit@0.7", dash))
    if found.lines:
        data.append(_line(found.lines[0], found.lines[0].trace, "limit, η → 0", "role:limit", "solid"))
    if found.adam:
        data.append(_line(found.adam, found.adam.trace, ADAM, "role:muted", "solid"))
    data += _paths(found, "trace", [runs for runs in found.runs if runs not in _coarse_adam(found)])
    return Panel(
        {"data": data, "layout": _layout(SLOW, "tr H at Φ", found.setting.horizon)},
        "Flatter and flatter, by one curve",
        f"tr H seen through gradient flow, at Φ of each step, against slow time; with momentum it is kη²/(1 − β)². Nothing is "
        f"fitted. Marks: means of {_paths_text(found.setting)}; bands: from the lowest to the highest. Solid line: the limit; "
        f"broken: corrected to first order in η, the flow of (c/2η) tr ln(1 − ηH/2), c = δ². Stars: SAM without noise, ρ = "
        f"δ√(η/2) = {number(found.setting.radius, 2)}, which goes down λ₁, not tr H; no line is its own. Diamonds, grey "
        f"line: Adam and its limit, which goes down something else, see below. {setting_text(found.setting)}.",
        f"tr H on Γ against slow time. {summary(found)}".replace("**", "").replace("*", ""),
        height=520,
    )


def root_panel(found: OnNetwork) -> Panel:
    """tr √Diag(H) at Φ against slow time, of Adam at each rate and of SGD at the smallest, each with its limit."""
    arrived, setting = found.arrived, found.setting
    assert arrived is not None
    data = [_line(found.lines[0], found.lines[0].root, "limit of SGD", "role:limit", "solid")] if found.lines else []
    if found.adam:
        data.append(_line(found.adam, found.adam.root, ADAM, "role:muted", "solid"))
    finest = [runs for runs in found.runs if runs.kind == "label"][-1:]
    data += _paths(found, "root", finest + [runs for runs in found.runs if runs.kind == "adam"])
    kappa, rate = arrived.kappa(setting), setting.rates[-1] / arrived.adam_divides
    return Panel(
        {"data": data, "layout": _layout(SLOW, "tr √Diag(H) at Φ", setting.horizon)},
        "Adam goes down something else: tr\u00a0√Diag(H)",
        f"Adam, β₁ = {number(MOMENTUM)}, with the rate η/s is as near the edge of stability as SGD with η: where descent "
        f"ended, λ₁ of √S H √S is s = {number(arrived.adam_divides, 3)} times that of H, S = diag(1/√v). So kη² is s² times its "
        f"own slow time. Its v forgets in 1/{number(FORGETS)} of the horizon: κ = {number(kappa, 3)}, and at the smallest rate β₂ "
        f"= {number(1 - kappa * rate**2, 6)}. Grey line: its limit, dY/dt = −(c/4) P S Σᵢ Sᵢ∇Hᵢᵢ, P onto ker H along S·range H, "
        "with dv = κ(c diag H − v) dt. Nothing is fitted; the steps come to it more slowly than SGD’s to theirs. "
        f"{arrived.unused:,} of {setting.dimension:,} weights belong to pixels that are alike in all images: nothing moves them.",
        f"The trace of the root of H’s diagonal against slow time. {summary(found)}".replace("**", "").replace("*", ""),
        height=420,
    )


def steps_panel(found: OnNetwork) -> Panel:
    """tr H at Φ against steps, on a logarithmic axis: each rate has its own pace."""
    data: list[Trace] = []
    for runs in found.runs:
        if runs.kind != "adam":
            data += _band(runs.steps[1:], runs.trace[1:], *_look(found, runs), "lines+markers")
    return Panel(
        {
            "data": data,
            "layout": {
                "xaxis": {"title": {"text": "steps k of label noise"}, "type": "log", "exponentformat": "power", "dtick": 1},
                "yaxis": {"title": {"text": "tr H at Φ"}},
                "showlegend": False,
            },
        },
        "In steps, each at its own pace",
        "The same against steps: half the learning rate takes four times as many. Triangles: momentum at the smallest rate, which "
        f"by its clock takes (1 − β)² = {number((1 - MOMENTUM) ** 2)} of the steps that SGD takes there. Crosses: minibatches. "
        "Stars: SAM at the largest rate.",
        "tr H on Γ against steps on a logarithmic axis, at three learning rates and of three controls.",
        height=300,
    )


def error_panel(found: OnNetwork) -> Panel:
    """The share of misread test images at Φ against slow time."""
    data = [_line(found.lines[0], 100 * found.lines[0].misread, "limit, η → 0", "role:limit", "solid")] if found.lines else []
    if found.adam:
        data.append(_line(found.adam, 100 * found.adam.misread, ADAM, "role:muted", "solid"))
    data += _paths(found, "misread", [runs for runs in found.runs if runs not in _coarse_adam(found)], 100.0)
    return Panel(
        {"data": data, "layout": _layout(SLOW, "misread, %", found.setting.horizon) | {"showlegend": False}},
        "Test error",
        f"Which share of the {COUNT - found.setting.samples} images that were not trained on is read wrongly, at Φ. "
        f"Marks and lines as above. It is not what label noise minimizes: that is tr H, or of Adam tr √Diag(H).",
        "The share of misread test images against slow time, of SGD, of Adam and of their limits.",
        height=300,
    )


def loss_panel(found: OnNetwork) -> Panel:
    """The training loss under label noise against steps."""
    data: list[Trace] = []
    for runs in found.runs:
        if runs.kind == "label":
            data += _band(runs.steps[1:], runs.loss[1:], *_look(found, runs), "lines+markers")
    for line, dash in zip(found.lines[1:], DASHES, strict=False):
        steps = line.times[1:] / line.learning_rate**2
        data.append(_xy(steps, line.loss[1:], f"theory at η = {number(line.learning_rate, 3)}", "role:limit@0.7", dash))
    ends = np.array([1.0, found.setting.horizon / found.setting.rates[-1] ** 2])
    data.append(_xy(ends, np.full(2, found.descent.loss[0]), "before training", "role:muted", "dot"))
    return Panel(
        {
            "data": data,
            "layout": {
                "xaxis": {"title": {"text": "steps k of label noise"}, "type": "log", "exponentformat": "power", "dtick": 1},
                "yaxis": {"title": {"text": "L"}, "type": "log", "exponentformat": "power", "dtick": 1},
                "showlegend": False,
            },
        },
        "Training loss: the noise’s own, and no more",
        "The loss of SGD, a mean between the moments, is as low as the noise lets it be: ½ Σ λ ηδ²/(2 − ηλ) by theory (dashed), "
        "about ηδ² tr H/4, and falls as tr H does. At Φ the loss is 0 at all times: every image stays fitted. Dots: before "
        "training.",
        "Training loss of label-noise SGD against steps, beside the theory and far below that before training.",
        height=300,
    )  # fmt: skip


def descent_panel(found: OnNetwork) -> Panel:
    """Gradient descent: the loss against steps."""
    descent = found.descent
    steps = np.maximum(descent.steps, 0.5)
    return Panel(
        {
            "data": [_xy(steps, np.maximum(descent.loss, FLOOR), "gradient descent", "role:flow", "solid")],
            "layout": {
                "xaxis": {"title": {"text": "steps of descent"}, "type": "log", "exponentformat": "power", "dtick": 1},
                "yaxis": {"title": {"text": "L"}, "type": "log", "exponentformat": "power", "nticks": 6},
                "showlegend": False,
            },
        },
        "First, gradient descent to zero loss",
        f"L = (1/2n) Σ (f(z) − y)², y = ±1, learning rate {number(descent.learning_rate, 2)}. At the end of the curve the loss is "
        f"{number(float(descent.loss[-1]), 2)}, tr H {number(float(descent.trace[-1]), 3)}, and {_percent(descent.misread[-1])} of "
        "the test images are misread.",
        "Training loss of gradient descent against steps, on logarithmic axes.",
        height=300,
    )  # fmt: skip


def summary(found: OnNetwork) -> str:
    """What one sees, from the numbers; `outcomes` has them all."""
    descent = found.descent
    if not found.lines:
        return f"Gradient descent, step {int(descent.steps[-1]):,}: the loss is {number(float(descent.loss[-1]), 2)}."
    limit = found.lines[0]
    text = (
        f"Gradient descent fits all {found.setting.samples} images and misreads {_percent(limit.misread[0])} of the others; "
        f"tr H is {number(float(limit.trace[0]), 3)}."
    )
    if not found.runs or len(found.runs[0].times) < 2:  # nothing has moved yet
        return text
    at = len(found.runs[0].times) - 1
    finest = [runs for runs in found.runs if runs.kind == "label"][-1]
    end = "what nobody can say" if finest.lost else f"**{number(float(finest.trace[-1].mean()), 4)}**"
    text += (
        f" At slow time {number(float(limit.times[at]), 3)} label noise has brought tr H to {end} at the smallest learning rate; "
        f"in the limit it is **{number(float(limit.trace[at]), 4)}**, with {_percent(limit.misread[at])} misread."
    )
    if found.adam is None:
        text += " Adam’s limit could not be followed to its end here: of Adam nothing is predicted."
    return text


def outcomes(found: OnNetwork) -> str:
    """Where every run has ended, beside what is predicted of it, as a table in Markdown. There are `runs`."""
    limit, at = found.lines[0], len(found.runs[0].times) - 1
    rows = [
        f"| *t* = {number(float(limit.times[at]), 3)} | tr *H* | predicted | tr √Diag(*H*) | predicted | misread |",
        "|---|--:|--:|--:|--:|--:|",
        f"| where descent ended | {_four(limit.trace[0])} | | {_four(limit.root[0])} | | {_percent(limit.misread[0])} |",
    ]
    for runs in found.runs:
        name, _, _ = _look(found, runs)
        line, when = _predicted(found, runs, at)
        trace, root = ("–", "–") if line is None else (_four(line.trace[when]), _four(line.root[when]))
        if runs.lost:
            rows.append(f"| {name} | {runs.lost} of {runs.trace.shape[1]} paths are lost | {trace} | – | {root} | – |")
        else:
            seen, rooted = _four(runs.trace[-1].mean()), _four(runs.root[-1].mean())
            rows.append(f"| {name} | {seen} | {trace} | {rooted} | {root} | {_percent(runs.misread[-1].mean())} |")
    for name, line in (("limit, η → 0", limit), ("Adam’s limit", found.adam)):
        if line is not None:
            rows.append(f"| {name} | | **{_four(line.trace[at])}** | | **{_four(line.root[at])}** | {_percent(line.misread[at])} |")
    return "\n".join(rows)


def _predicted(found: OnNetwork, runs: Runs, at: int) -> tuple[Line | None, int]:
    """Whose value, and at which moment: minibatches do nothing on Γ, and of SAM nothing is predicted."""
    lines = {
        "label": (found.flow(runs.learning_rate), at),
        "momentum": (found.lines[0], at),
        "minibatch": (found.lines[0], 0),
        "adam": (found.adam, at),
    }
    return lines.get(runs.kind, (None, at))


def strained(found: OnNetwork) -> list[str]:
    """Which assumption of momentum's and of Adam's limit these numbers strain, each with how far apart they are at the end."""
    if found.arrived is None or not found.runs:
        return []
    setting, sentences = found.setting, []
    at, rate = len(found.runs[0].times) - 1, setting.rates[-1]
    product, room = rate * found.arrived.sharpness, (1 - MOMENTUM) ** 2
    momentum = next(runs for runs in found.runs if runs.kind == "momentum")
    if product > Momentum(beta=MOMENTUM).rings and not momentum.lost:
        sentences.append(
            f"The limit of momentum assumes ηλ₁ ≪ (1 − β)², and here, at the start, they are {number(product, 2)} and "
            f"{number(room, 2)}: it has tr H = {_against(momentum.trace[-1], found.lines[0].trace[at])}."
        )
    adam = next(runs for runs in found.runs if runs.kind == "adam")
    own, kappa = setting.learning_rate / found.arrived.adam_divides, found.arrived.kappa(setting)
    if kappa * own > QUICK and found.adam is not None and not adam.lost:
        sentences.append(
            f"The limit of Adam assumes 1 − β₂ ≪ its learning rate, and at the largest rate they are {number(kappa * own**2, 2)} "
            f"and {number(own, 2)}: there tr √Diag(H) = {_against(adam.root[-1], found.adam.root[at])}. A longer horizon has it "
            "forget more slowly."
        )
    return sentences


def _against(found: np.ndarray, limit: float) -> str:
    """A mean over paths (P,) beside its limit."""
    mean = float(found.mean())
    return f"{number(mean, 4)}, {number(100 * abs(mean / limit - 1), 2)} % from its limit’s {number(float(limit), 4)}"


def _coarse_adam(found: OnNetwork) -> list[Runs]:
    """Adam at all rates but the smallest."""
    return [runs for runs in found.runs if runs.kind == "adam" and runs.learning_rate != found.setting.rates[-1]]


def _paths(found: OnNetwork, what: str, shown: list[Runs], factor: float = 1.0) -> list[Trace]:
    """The marks of runs: their means, with bands."""
    data: list[Trace] = []
    for runs in shown:
        data += _band(runs.times, factor * getattr(runs, what), *_look(found, runs), "markers")
    return data


def _look(found: OnNetwork, runs: Runs) -> tuple[str, str, str]:
    """Name, colour and mark."""
    if runs.kind == "label":
        index = found.setting.rates.index(runs.learning_rate)
        return f"SGD, η = {number(runs.learning_rate, 3)}", f"role:sgd@{SHADES[index]}", SYMBOLS[index]
    if runs.kind == "adam":
        index = found.setting.rates.index(runs.learning_rate)
        return f"Adam, η = {number(runs.learning_rate, 3)}", f"role:ink@{SHADES[::-1][index]}", SYMBOLS[index] + "-open"
    if runs.kind == "momentum":
        return f"momentum β = {number(MOMENTUM)}, η = {number(runs.learning_rate, 3)}", "role:ink", "triangle-up-open"
    if runs.kind == "sam":
        return f"SAM, η = {number(runs.learning_rate, 3)}", "role:ink", "star-open"
    return f"minibatches of {BATCH}", "role:muted", "x-thin-open"


def _band(x: np.ndarray, values: np.ndarray, name: str, colour: str, symbol: str, mode: str) -> list[Trace]:
    """The mean over the paths (F, P), until one is lost, and the band from the lowest to the highest."""
    alive = np.isfinite(values).all(axis=1)
    x, values = x[alive], values[alive]
    mark: Trace = {
        "type": "scatter", "mode": mode, "name": name, "x": x, "y": values.mean(axis=1),
        "marker": {"symbol": symbol, "size": 8, "color": colour}, "line": {"color": colour, "width": 1.5},
        "hovertemplate": "%{x:.3g}: %{y:.4g}<extra>" + name + "</extra>",
    }  # fmt: skip
    if values.shape[1] == 1 or not len(x):
        return [mark]
    low, high = values.min(axis=1), values.max(axis=1)
    return [
        {
            "type": "scatter", "mode": "lines", "x": np.concatenate([x, x[::-1]]), "y": np.concatenate([high, low[::-1]]),
            "fill": "toself", "fillcolor": f"{colour.split('@')[0]}@0.15", "line": {"width": 0}, "hoverinfo": "skip",
            "showlegend": False,
        },
        mark,
    ]  # fmt: skip


def _line(line: Line, y: np.ndarray, name: str, colour: str, dash: str) -> Trace:
    return _xy(line.times, y, name, colour, dash)


def _xy(x: np.ndarray, y: np.ndarray, name: str, colour: str, dash: str) -> Trace:
    return {
        "type": "scatter", "mode": "lines", "name": name, "x": x, "y": y, "line": {"color": colour, "width": 2.5, "dash": dash},
        "hovertemplate": "%{x:.3g}: %{y:.4g}<extra>" + name + "</extra>",
    }  # fmt: skip


def _layout(x: str, y: str, horizon: float) -> Trace:
    return {
        "xaxis": {"title": {"text": x}, "range": [-0.01 * horizon, 1.02 * horizon]},
        "yaxis": {"title": {"text": y}},
    }


def _paths_text(setting: OnDigits) -> str:
    return f"{setting.paths} path{'s' * (setting.paths > 1)}"


def _four(value: float) -> str:
    """Four digits, the last of them zeros too, so that those of a column stand below each other."""
    return f"{float(value):#.4g}".rstrip(".") if value < 1e4 else number(float(value), 4)


def _percent(share: float) -> str:
    return f"{number(100 * float(share), 2)} %"
