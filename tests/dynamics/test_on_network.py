"""The study of a network after zero loss, on a small one: what moves, what does not, and in what time."""

import numpy as np
import pytest

from dynamics.models.digits import digits
from dynamics.models.network import network
from dynamics.noise import noise
from dynamics.studies.network import MOMENTUM, OnDigits, OnNetwork, on_network, sharpness_aware

QUICK = OnDigits(samples=12, units=6, initialization=3.0, learning_rate=0.16, horizon=20.0, paths=6)


@pytest.fixture(scope="module")
def stages() -> list[OnNetwork]:
    return list(on_network(QUICK))


def test_it_begins_with_descent_and_ends_with_everything(stages: list[OnNetwork]) -> None:
    assert stages[0].lines == ()
    assert len(stages[0].descent.steps) == 2
    last = stages[-1]
    assert last.done
    assert [stage.done for stage in stages[:-1]] == [False] * (len(stages) - 1)
    assert [line.learning_rate for line in last.lines] == [0.0, 0.16, 0.08, 0.04]
    assert [(runs.kind, runs.learning_rate) for runs in last.runs[3:6]] == [("momentum", 0.04), ("minibatch", 0.04), ("sam", 0.16)]
    assert [(runs.kind, runs.learning_rate) for runs in last.runs[6:]] == [("adam", 0.16), ("adam", 0.08), ("adam", 0.04)]
    assert last.descent.loss[-1] < 1e-20


def test_three_rates_tend_to_the_limit_to_first_order_and_each_follows_its_own_flow(stages: list[OnNetwork]) -> None:
    last = stages[-1]
    limit, *flows = (line.trace[-1] for line in last.lines)
    seen = [runs.trace[-1].mean() for runs in last.runs[:3]]
    errors = np.array(seen) - limit
    assert limit < 0.8 * last.lines[0].trace[0]
    assert np.abs(errors[1:] / errors[:-1] - 0.5).max() < 0.15
    assert np.abs(np.array(seen) - flows).max() < 0.35 * np.abs(errors).max()
    assert abs(seen[2] - flows[2]) < 0.15 * abs(errors[0])


def test_momentum_is_there_in_a_quarter_of_the_steps(stages: list[OnNetwork]) -> None:
    last = stages[-1]
    slow, momentum = last.runs[2], last.runs[3]
    assert momentum.steps[-1] == round((1 - MOMENTUM) ** 2 * slow.steps[-1])
    fallen = slow.trace[0].mean() - slow.trace[-1].mean()
    assert momentum.trace[-1].mean() == pytest.approx(slow.trace[-1].mean(), abs=0.12 * fallen)


def test_sam_does_something_else_at_the_pace_of_label_noise(stages: list[OnNetwork]) -> None:
    last = stages[-1]
    sam, limit = last.runs[5], last.lines[0]
    assert sam.steps[-1] * sam.learning_rate * QUICK.radius**2 / 2 == pytest.approx(QUICK.horizon * QUICK.scale**2 / 4, rel=1e-3)
    fallen = sam.trace[0, 0] - sam.trace[-1, 0]
    assert 0 < fallen < 0.9 * (limit.trace[0] - limit.trace[-1])


def test_adam_follows_a_limit_of_its_own(stages: list[OnNetwork]) -> None:
    """Down tr √Diag(H), at every rate, while tr H ends above SGD's: by standard errors of six paths, and 3 % of the rate's own."""
    last = stages[-1]
    assert last.adam is not None
    assert last.adam.trace[-1] > 1.3 * last.lines[0].trace[-1]
    for runs in last.runs[6:]:
        for found, limit in ((runs.root[-1], last.adam.root[-1]), (runs.trace[-1], last.adam.trace[-1])):
            assert abs(found.mean() - limit) < 3 * found.std(ddof=1) / np.sqrt(QUICK.paths) + 0.03 * limit
        middle = len(runs.times) // 2
        assert runs.root[middle].mean() == pytest.approx(last.adam.root[middle], rel=0.1)


def test_adam_is_as_near_its_edge_as_sgd_and_leaves_unused_weights_where_they_are(stages: list[OnNetwork]) -> None:
    last = stages[-1]
    assert last.arrived is not None
    model, point = network(digits(QUICK.samples).inputs, digits(QUICK.samples).targets, QUICK.widths), last.arrived.point
    diagonal = (model.jacobian(point) ** 2).mean(axis=0)
    used = diagonal > 0
    assert last.arrived.unused == (~used).sum() > 0
    scaled = model.jacobian(point)[:, used] / np.sqrt(QUICK.scale * np.sqrt(diagonal[used]))
    assert last.arrived.adam_divides == pytest.approx(np.linalg.norm(scaled, 2) ** 2 / 12 / last.arrived.sharpness, rel=1e-4)
    moments = QUICK.scale**2 * diagonal
    path = point.copy()
    model.stepper(noise("label", scale=QUICK.scale, batch="full"), 0, 0.0, moments, 5.0)(path, 0.01, 500, 1e8)
    assert (path[~used] == point[~used]).all()
    assert (moments[~used] == 0).all()
    assert (path[used] != point[used]).all()


def test_a_step_of_sam_is_along_the_gradient_uphill() -> None:
    data = digits(QUICK.samples, QUICK.seed)
    model = network(data.inputs, data.targets, QUICK.widths)
    start = model.random_start(1.0, 3)
    point = start.copy()
    assert sharpness_aware(model, 0.1)(point, 0.2, 1, 1e8) == 1
    uphill = start + 0.1 * model.gradient(start) / np.linalg.norm(model.gradient(start))
    for along in np.random.default_rng(0).normal(size=(3, model.dimension)):
        slope = (model.loss(uphill + 1e-6 * along) - model.loss(uphill - 1e-6 * along)) / 2e-6
        assert (point - start) @ along == pytest.approx(-0.2 * slope, rel=1e-5)


def test_minibatches_do_nothing(stages: list[OnNetwork]) -> None:
    still = stages[-1].runs[4]
    assert still.trace == pytest.approx(np.full_like(still.trace, still.trace[0, 0]), rel=1e-9)
    assert still.loss.max() < 1e-20


def test_the_training_loss_is_that_of_the_noise(stages: list[OnNetwork]) -> None:
    """½ Σ ληδ²/(2 − ηλ), averaged over the second half of the moments and over paths."""
    last = stages[-1]
    for runs, line in zip(last.runs[:3], last.lines[1:], strict=False):
        assert runs.loss[10:].mean() == pytest.approx(line.loss[10:].mean(), rel=0.15)


def test_the_share_of_misread_images_is_counted_on_the_others(stages: list[OnNetwork]) -> None:
    data, descent = digits(QUICK.samples, QUICK.seed), stages[-1].descent
    read = network(data.inputs, data.targets, QUICK.widths).predict(descent.point, data.test_inputs) > 0
    assert descent.misread[-1] == pytest.approx(np.mean(read != (data.test_targets > 0)))


def test_it_can_be_cancelled_at_every_stage() -> None:
    for after in (1, 70, 150):
        calls = 0

        def cancel(after: int = after) -> bool:
            nonlocal calls
            calls += 1
            return calls > after

        assert not any(stage.done for stage in on_network(QUICK, cancel=cancel))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"horizon": 1000.0, "learning_rate": 0.005}, "takes too long"),
        ({"units": 3}, "between 4 and 128"),
    ],
)
def test_what_cannot_be_is_a_sentence(changes: dict, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        list(on_network(OnDigits(**changes)))


def test_too_large_a_rate_is_told_before_it_runs() -> None:
    with pytest.raises(ValueError, match=r"sharpness is .* Take a smaller one\."):
        list(on_network(OnDigits(samples=12, units=6, initialization=3.0, learning_rate=1.0)))
