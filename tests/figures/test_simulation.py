"""An outcome as the player's bytes: particles where the simulation has them, words with the numbers of the run."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from dynamics import Experiment, Outcome, landscape, noise, optimizer, simulate
from dynamics.landscapes.landscape import View
from figures.blob import decode
from figures.landscape_figure import landscape_views
from figures.simulation import pickable, simulation_blob


@cache
def outcome(name: str = "hyperbola", learning_rate: float = 0.1, **changes) -> Outcome:
    return simulate(Experiment(landscape=landscape(name), learning_rate=learning_rate, horizon=1.0, paths=6, frames=40, **changes))


def blob(of: Outcome, view: int = 0, **options):
    return decode(simulation_blob(of, landscape_views(of.experiment.landscape)[view], **options))


def test_particles_are_where_the_simulation_has_them() -> None:
    header, arrays = blob(outcome())
    sides = np.diff(header["box"], axis=1).ravel()
    for who in ("sgd", "limit"):
        assert np.nanmax(np.abs(arrays[who] - getattr(outcome(), who)) / sides) < 1e-3
    np.testing.assert_allclose(arrays["times"], outcome().times, rtol=1e-6)
    np.testing.assert_allclose(arrays["series.loss.sgd.mean"], outcome().observables["loss"].sgd.mean, rtol=1e-6)


def test_a_view_with_formulas_shows_their_values() -> None:
    of = outcome()
    surface = next(i for i, view in enumerate(of.experiment.landscape.views) if view.kind == "surface")
    header, arrays = blob(of, surface)
    height = np.log1p(of.experiment.landscape.loss(of.sgd.astype(float)))
    expected = np.where(np.isnan(arrays["sgd"][..., 2]), np.nan, height)
    np.testing.assert_allclose(arrays["sgd"][..., 2], expected, atol=1e-3 * np.ptp(header["box"][2]))


def test_the_ghost_is_shown_at_the_slow_times_of_the_run() -> None:
    run, ghost = outcome(learning_rate=0.05), outcome(learning_rate=0.1)
    _, arrays = blob(run, ghost=ghost)
    assert arrays["ghost"].shape[0] == len(run.times)
    for frame, time in enumerate(run.times):
        same = np.flatnonzero(ghost.times <= time * (1 + 1e-9))[-1]
        np.testing.assert_allclose(arrays["ghost"][frame], ghost.sgd[same], atol=2e-3)
        sharpness = ghost.observables["sharpness"].sgd.mean[same]
        assert arrays["series.sharpness.ghost.mean"][frame] == pytest.approx(sharpness, rel=1e-6)


def test_the_caption_has_the_numbers_of_the_run() -> None:
    header, _ = blob(outcome(noise=noise("isotropic", scale=0.3), start=(2.0, 1.5)), ghost=outcome(learning_rate=0.2))
    for words in ("6 paths of SGD", "η = 0.1 ", "(2, 1.5)", "s = 0.3", "T = 1: 100 steps", "η = 0.2", "“Hyperbola” (a = 1)"):
        assert words in header["caption"]
    assert "(2, 1.5)" in header["alt"]


def test_the_caption_names_the_law_and_the_parts_that_are_off() -> None:
    given = noise("label", law="student", freedom=2.5, memory=0.5)
    caption = blob(outcome(noise=given, parts=("mixed",)))[0]["caption"]
    for words in ("Student's t with ν = 2.5", "ρ = 0.5", "without the tangent and normal parts of its drift", "leaves Γ"):
        assert words in caption
    whole = blob(outcome())[0]["caption"]
    assert "without" not in whole
    assert "On Γ loss and distance vanish" in whole


def test_a_run_that_diverges_says_so_with_a_hint_and_names_the_frozen() -> None:
    of = outcome(learning_rate=0.5, start=(4.0, 3.0))
    header, arrays = blob(of)
    assert header["status"]["kind"] == "diverged"
    assert "All paths of SGD diverged (first at step" in header["status"]["sentence"]
    assert of.status.reason
    assert of.status.reason not in header["status"]["sentence"]  # it is told below the picture
    assert of.status.reason in header["caption"]
    assert of.status.hint in header["status"]["sentence"]
    assert (arrays["sgd_frozen"] >= 0).any()


def test_a_frozen_ghost_is_frozen_from_the_same_slow_time_on() -> None:
    ghost = outcome(learning_rate=0.5, start=(4.0, 3.0))
    run = outcome(learning_rate=0.25, start=(4.0, 3.0))
    _, arrays = blob(run, ghost=ghost)
    for path, frame in enumerate(arrays["ghost_frozen"]):
        if ghost.sgd_frozen[path] >= 0 and frame >= 0:
            assert run.times[frame] >= ghost.times[ghost.sgd_frozen[path]]
            assert frame == 0 or run.times[frame - 1] < ghost.times[ghost.sgd_frozen[path]]


def test_the_key_changes_with_the_data_and_not_with_the_clock() -> None:
    key = blob(outcome())[0]["key"]
    assert blob(outcome(), clock="fast")[0]["key"] == key
    assert blob(outcome(seed=1))[0]["key"] != key


def test_only_a_view_that_shows_where_a_point_is_takes_clicks() -> None:
    hyperbola, torus = landscape("hyperbola"), landscape("torus")
    assert all(pickable(hyperbola, view) for view in hyperbola.views)
    assert not any(pickable(torus, view) for view in torus.views if view.kind == "space")
    assert not pickable(hyperbola, replace(hyperbola.views[0], axes=("x*y", "y")))


def test_of_many_paths_the_first_are_drawn_and_the_caption_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("figures.simulation.MAX_PARTICLES", 4 * len(outcome().times))
    header, arrays = blob(outcome())
    assert arrays["sgd"].shape[1] == arrays["limit"].shape[1] == len(arrays["sgd_frozen"]) == 4
    assert "The first 4 of each are drawn" in header["caption"]
    np.testing.assert_allclose(arrays["series.loss.sgd.mean"], outcome().observables["loss"].sgd.mean, rtol=1e-6)


def test_the_clocks_the_edge_and_the_names_are_the_optimizers() -> None:
    of = outcome(optimizer=optimizer("momentum", beta=0.5), learning_rate=0.02)
    header, arrays = blob(of)
    assert header["clocks"] == {"slow": "kη²/(1−β)²", "fast": "kη/(1−β)"}
    assert header["names"] == {"sgd": "Momentum"}
    assert header["edge"] == {"at": 150.0, "label": "2(1+β)/η"}
    np.testing.assert_allclose(arrays["steps"], of.steps)
    np.testing.assert_allclose(arrays["fast"], of.steps * 0.04, rtol=1e-6)
    np.testing.assert_allclose(arrays["times"], of.steps * 0.04**2, rtol=1e-6)
    assert blob(outcome())[0]["edge"] == {"at": 20.0, "label": "2/η"}
    assert blob(outcome(optimizer=optimizer("normalized")))[0]["edge"] is None


def test_the_limit_at_this_learning_rate_is_a_line_of_its_own() -> None:
    of = outcome(noise=noise("label"))
    _, arrays = blob(of)
    expected = of.experiment.landscape.trace_hessian(of.finite.astype(float))
    np.testing.assert_allclose(arrays["series.trace_hessian.finite.mean"], expected, rtol=1e-6)
    assert "series.loss.finite.mean" not in arrays
    assert not any("finite" in name for name in blob(outcome(noise=noise("isotropic")))[1])


def test_each_ensemble_has_its_own_frozen_paths() -> None:
    of = replace(outcome(), sgd_frozen=np.array([-1, 3, -1, 7, -1, -1]), limit_frozen=np.array([5, -1, -1, -1, -1, 9]))
    _, arrays = blob(of)
    assert arrays["sgd_frozen"].tolist() == [-1, 3, -1, 7, -1, -1]
    assert arrays["limit_frozen"].tolist() == [5, -1, -1, -1, -1, 9]


def test_coordinates_are_in_the_views_order() -> None:
    of = outcome("motor")
    first, second = of.experiment.landscape.variables[2], of.experiment.landscape.variables[0]
    view = View("turned", "", "plane", (first, second), (first, second), ((-2.0, 2.0), (-2.0, 2.0)))
    _, arrays = decode(simulation_blob(of, view))
    np.testing.assert_allclose(arrays["sgd"], of.sgd[..., [2, 0]], atol=2e-3)
