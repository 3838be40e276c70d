"""Learning rates over five decades; `python -m benchmarks.rates` tries every landscape, and the studies."""

import numpy as np
import pytest

from dynamics import Experiment, Landscape, noise, optimizer, simulate
from dynamics.optimizers import OPTIMIZERS
from dynamics.studies.projected import NO_COVARIANCE, how_lost
from figures.blob import decode
from figures.simulation import simulation_blob
from tests.rates import experiment, learning_rates, undefined_in_run


def swept(name: str, made: str, rates) -> tuple[set[str], list[str]]:
    """What is wrong over these learning rates, and how their runs ended; a refusal is an ending."""
    wrong, endings = set(), []
    for rate in rates:
        try:
            outcome = simulate(experiment(name, made, float(rate)))
        except ValueError as error:
            wrong |= set() if str(error).endswith(".") else {str(error)}
            endings.append("refused")
            continue
        wrong |= {f"{each}, η = {rate:.3g}" for each in undefined_in_run(outcome)}
        endings.append(str(outcome.status))
    return wrong, endings


@pytest.mark.parametrize("made", OPTIMIZERS)
def test_on_the_hyperbola_all_that_is_drawn_is_defined(made):
    wrong, endings = swept("hyperbola", made, learning_rates("hyperbola", optimizer(made), 1))
    assert not wrong
    assert endings[2] == "ok"
    if made in ("sgd", "weight_decay", "sam", "langevin", "local_sgd", "reshuffling"):
        assert endings[-1] == "diverged"  # at ten times the bound


@pytest.mark.parametrize("made", ["momentum", "sqrt_loss", "dropout", "normalized"])
def test_where_the_loss_grows_beyond_all_numbers(made):
    assert not swept("motor", made, learning_rates("motor", optimizer(made), 1)[-3:])[0]


@pytest.mark.parametrize(
    ("made", "calmer"),
    [("sgd", "less noise"), ("momentum", "less noise"), ("adam", "less noise"), ("normalized", ""), ("sqrt_loss", ""),
     ("sam", "a smaller ρ"), ("weight_noise", "a smaller ρ"), ("langevin", "a smaller θ"), ("dropout", "a smaller σ")],
)  # fmt: skip
def test_what_to_take_less_of_is_what_is_at_work(made, calmer):
    assert optimizer(made).calmer == calmer


def test_no_noise_is_blamed_where_there_is_none():
    """GD on √L has no stability bound that could be blamed instead."""
    status = simulate(experiment("hyperbola", "sqrt_loss", 2.56)).status
    assert status == "diverged"
    assert status.hint == "Halve the learning rate."


def test_a_covariance_that_is_none_is_not_blamed_on_who_takes_no_noise():
    matrix = (("x", "0"), ("0", "1"))  # no covariance where x < 0
    lost = {}
    for made in ("sgd", "normalized"):
        chosen = Experiment(landscape="hyperbola", noise=noise("covariance", matrix=matrix), optimizer=made)
        lost[made] = how_lost(chosen, np.array([[-1.0, 0.5]]))[0]
    assert lost["sgd"] == NO_COVARIANCE
    assert lost["normalized"] != NO_COVARIANCE


def test_a_path_whose_loss_is_not_defined_is_lost_there():
    land = Landscape.from_loss("(sqrt(x) - 1)^2 + y^2/2", ("x", "y"))
    outcome = simulate(Experiment(landscape=land, start=(4.0, 1.0), learning_rate=9.0, horizon=400.0, paths=3, frames=6))
    assert (outcome.sgd_frozen >= 0).all()
    assert outcome.status == "diverged"
    assert "All paths of SGD left the domain" in outcome.status.sentence
    first = outcome.sgd_frozen.min()
    with np.errstate(invalid="ignore"):
        loss = land.loss(outcome.sgd.astype(float))
    for path, frozen in enumerate(outcome.sgd_frozen):
        assert np.isfinite(loss[:frozen, path]).all()
        np.testing.assert_array_equal(outcome.sgd[frozen:, path], np.broadcast_to(outcome.sgd[frozen, path], (6 - frozen, 2)))
    assert np.isfinite(outcome.observables["loss"].sgd.mean[:first]).all()


def test_what_is_beyond_single_precision_is_absent_and_not_infinite():
    outcome = simulate(experiment("motor", "momentum", 1.49))
    means = outcome.observables["loss"].sgd.mean
    beyond = means > np.finfo(np.float32).max
    assert beyond.any()
    _, arrays = decode(simulation_blob(outcome, outcome.experiment.landscape.views[0]))
    drawn = arrays["series.loss.sgd.mean"]
    assert np.isnan(drawn[beyond]).all()
    np.testing.assert_allclose(drawn[~beyond & np.isfinite(means)], means[~beyond & np.isfinite(means)], rtol=1e-6)


def test_a_step_that_is_longer_than_the_horizon_is_told():
    outcome = simulate(experiment("hyperbola", "normalized", 2.0, horizon=1.0))
    header, arrays = decode(simulation_blob(outcome, outcome.experiment.landscape.views[0]))
    assert arrays["times"].tolist() == [0.0, 4.0]
    assert "The one step that is taken goes to slow time t = kη² = 4" in header["caption"]
    usual = simulate(experiment("hyperbola", "normalized", 0.1, horizon=1.0))
    header, _ = decode(simulation_blob(usual, usual.experiment.landscape.views[0]))
    assert "Slow time t = kη² runs to T = 1: 100 steps." in header["caption"]
