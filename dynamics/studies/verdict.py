"""What may be said of a ladder of learning rates beside the limit: agreement, disagreement, or why neither.

The rule, in this order:
1. Nothing is judged on survivors. Where the limit's own paths end, the theorem says nothing beyond ("rank changes"), or its
   integrator has failed ("lost paths"). A path of SGD that is lost may be twice as far off as the laws span: so far can the
   moments be off, and where that is more than half of the accuracy no law is judged. The verdict says how many paths were lost, to
   what, and what helps.
2. η must be small along Γ, where the limit's paths go (`along`).
3. By the theory a moment's difference from the limit's is c₁η + c₂η² + c₃η³ + …, so what is left of it at η → 0 must be 0. A
   quadratic fit leaves a, a linear one a − c, and what is truly left is taken to lie between a − c/4 and a + c/4 (NEGLECTED): at
   three rates η, η/2, η/4 that is true for c₃ of c₂'s sign, and of the other sign up to |c₃η| = 0.3 |c₂|; a REMAINDER is for what
   is beyond. Both ends are linear in the data, so each has a standard error, and their intervals together are one interval for what
   is left. SGD disagrees where all of that interval is more than the remainder and what lost paths can shift, agrees where all of
   it is within the accuracy, and less than DOUBT standard errors beyond what may be left. Else more paths are needed, unless c is
   surely so large that no number of paths would help. While even the smallest learning rate strains what the limit of its optimizer
   assumes besides a small ηλ, as momentum does with ηλ against (1 − β)², a difference is that of a learning rate that is too large.

Verdicts are given whenever paths have been added. Where Gaussian errors of known size are added to a difference that vanishes
within these limits, "disagrees" is said at most once in a thousand runs: the probability is shared equally (Bonferroni) by LOOKS
looks at two moments, each from two sides. That an interval has two ends costs nothing: to disagree both must be beyond (an
intersection–union test; Berger 1982, Technometrics 24:295). "Agrees" is said of a difference beyond the accuracy at most once in a
hundred runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from dynamics.experiment import Experiment
from dynamics.optimizers.stability import RARE
from dynamics.settings import in_words
from dynamics.studies.along import STRAIGHT, Along
from dynamics.studies.projected import DIVERGED, NO_COVARIANCE, OUTSIDE, lost_sentence

VERDICTS = ("agrees", "not enough paths", "learning rate too large", "disagrees", "lost paths", "rank changes")

LOOKS = 8  # at most: the paths are doubled seven times
ERROR = 1e-3  # the probability that SGD is said to disagree where it does not
SIGMAS = float(norm.isf(ERROR / (LOOKS * 2 * 2)))  # beyond which SGD disagrees; 4.0
SURE = float(norm.isf(0.01 / LOOKS))  # standard errors within the accuracy, for it to agree; 3.0
DOUBT = 2.0  # standard errors beyond what may be left, at which no agreement is told yet: more paths will tell
REMAINDER = 0.02  # of the scale: what is left where nothing should be, without being seen
UNFITTED = 0.125  # of the difference at the largest learning rate, likewise
NEGLECTED = 0.25  # of what the quadratic order changes, which the orders after it may change again
OUT_OF_REACH = 16  # times smaller than the smallest learning rate, or larger than what most paths meet
MOMENT_NAMES = ("mean", "variance")


@dataclass(frozen=True, eq=False)
class Fit:
    """What is left at η = 0 of K differences of mean and variance, (2,) each; `ends` and `end_errors` are (2, 2), ends first."""

    left: np.ndarray  # by the quadratic fit
    errors: np.ndarray
    curved: np.ndarray  # by how much the linear fit differs
    curved_errors: np.ndarray
    ends: np.ndarray  # left ∓ NEGLECTED · curved
    end_errors: np.ndarray
    weights: np.ndarray  # (2, K, 2): ends = Σ weights · gaps
    remainder: np.ndarray  # (2,) that even a difference that vanishes can leave

    def beyond(self, sigmas: float) -> np.ndarray:
        """How far all of the interval is from 0, on one side of it, by so many standard errors; negative where 0 is within."""
        return np.maximum((self.ends - sigmas * self.end_errors).min(axis=0), (-self.ends - sigmas * self.end_errors).min(axis=0))

    @property
    def within(self) -> np.ndarray:
        """The distance from 0 that all of the interval is surely within."""
        return (np.abs(self.ends) + SURE * self.end_errors).max(axis=0)


def fitted(rates: np.ndarray, gaps: np.ndarray, errors: np.ndarray, shared: np.ndarray | float = 0.0) -> Fit:
    """Weighted fits of degree 1 and 2 to gaps (K, 2) at K ≥ 3 rates, with independent errors (K, 2).

    `shared`, (2,), is the error of the limit's own moments, the same at all rates.
    """
    extrapolate = np.empty((2, *gaps.shape))
    for column in range(2):
        weight = 1 / errors[:, column]
        for degree in (1, 2):
            design = np.vander(rates / rates[0], degree + 1, increasing=True)
            extrapolate[degree - 1, :, column] = np.linalg.pinv(design * weight[:, None], rcond=1e-14)[0] * weight
    linear, quadratic = extrapolate
    apart = quadratic - linear
    ends = np.array([quadratic - NEGLECTED * apart, quadratic + NEGLECTED * apart])

    def value(weights: np.ndarray) -> np.ndarray:
        return (weights * gaps).sum(axis=-2)

    def error(weights: np.ndarray, limit: np.ndarray | float) -> np.ndarray:
        return np.hypot(np.linalg.norm(weights * errors, axis=-2), limit)

    return Fit(
        value(quadratic), error(quadratic, shared), value(apart), error(apart, 0.0), value(ends), error(ends, shared), ends,
        np.maximum(REMAINDER, UNFITTED * np.abs(gaps[np.argmax(rates)])),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Evidence:
    """All that a verdict rests on. Moments are in units of the scale; `unit` says in words what that is."""

    experiment: Experiment
    rates: Sequence[float]  # from the largest down
    paths: int  # of SGD, at each rate
    lost: Sequence[Counter[int]]  # of SGD's paths, by cause, at each rate
    limit_paths: int  # that were followed
    rank_changed: int  # of them
    left_manifold: int  # of them; 0 where the law does not come from paths
    along: Along
    range: float  # how far off a lost path may be, in units of the scale
    fit: Fit | None  # None where too few paths are left to fit anything
    accuracy: float
    unit: str
    strained: str = ""  # which assumption of its optimizer the largest learning rate strains, in a sentence
    all_strained: bool = False  # whether the smallest does, too

    @property
    def shares(self) -> np.ndarray:
        """Of SGD's paths that are lost, (K,)."""
        return np.array([sum(lost.values()) for lost in self.lost]) / self.paths

    @property
    def limit_share(self) -> float:
        return (self.rank_changed + self.left_manifold) / max(self.limit_paths, 1)

    def shift(self, shares: np.ndarray, limit_share: float) -> np.ndarray:
        """How far lost paths, anywhere in the range, can move what is left of mean and variance, (2,)."""
        weights = np.ones((len(self.rates), 2)) if self.fit is None else np.abs(self.fit.weights).max(axis=0)
        return (shares @ weights + limit_share) * np.array([self.range, self.range**2])


def judged(evidence: Evidence) -> tuple[str, str, int]:
    """One of VERDICTS, its reason, and how many paths would settle it."""
    found = _limit_ends(evidence) or _paths_lost(evidence) or _too_large(evidence)
    verdict, reason, needed = (*found, evidence.paths) if found else _compared(evidence)
    return verdict, f"{reason} {evidence.strained}".rstrip(), needed


def _limit_ends(evidence: Evidence) -> tuple[str, str] | None:
    allowed = evidence.accuracy / 2
    if (evidence.shift(0 * evidence.shares, evidence.limit_share) <= allowed).all():
        return None
    if evidence.rank_changed >= evidence.left_manifold:
        return (
            "rank changes",
            f"{_of(evidence.rank_changed, evidence.limit_paths)} of the limit reach a point where the Hessian loses rank, by "
            f"t = {evidence.experiment.horizon:g}. There the theorem’s assumption fails and the limit ends, so there is no law to "
            "compare with. Shorten the horizon, or start farther from that point.",
        )
    if ends := evidence.experiment.optimizer.ends:
        return (
            "lost paths",
            f"{_of(evidence.left_manifold, evidence.limit_paths)} of the limit reach a point where {ends}, by "
            f"t = {evidence.experiment.horizon:g}. There the theory’s assumption fails and the limit ends. Shorten the horizon, or "
            "choose a noise that every coordinate has.",
        )
    less = "less noise, or a" if evidence.experiment.optimizer.diffuses else "a"
    return (
        "lost paths",
        f"{_of(evidence.left_manifold, evidence.limit_paths)} of the limit were lost by its integrator, and the law of those left "
        f"is not the limit’s. Take {less} shorter horizon.",
    )


def _paths_lost(evidence: Evidence) -> tuple[str, str] | None:
    """Where more of SGD's paths are lost than can be allowed for: the learning rate's fault if the finest ones lose none."""
    allowed, rates = evidence.accuracy / 2, np.array(evidence.rates)
    if evidence.fit is not None and (evidence.shift(evidence.shares, 0.0) <= allowed).all():
        return None
    spread = max(evidence.range, evidence.range**2)
    index = int(max(np.argmax(evidence.shares), *np.flatnonzero(evidence.shares * spread > allowed / (3 * len(rates))), 0))
    count = f"At η = {rates[index]:g}, {lost_sentence(evidence.lost[index], evidence.paths)}."
    along = evidence.along
    calm = along.largest_learning_rate
    cause = int(evidence.lost[index].most_common(1)[0][0])
    optimizer = evidence.experiment.optimizer
    if optimizer.uses_noise and evidence.experiment.noise.law == "student" and cause == DIVERGED and rates[index] <= calm:
        return "lost paths", f"{count} A single large draw of Student’s t throws a path off. Take more degrees of freedom."
    if cause == NO_COVARIANCE:
        return "lost paths", f"{count} Choose a covariance that is one everywhere, for example by squares."
    if cause == OUTSIDE and rates[index] <= calm:
        calmer = f"{optimizer.calmer} or a" if optimizer.calmer else "a"
        return "lost paths", f"{count} Start farther from its edge, or take {calmer} shorter horizon."
    if index < len(rates) - 1:
        none = f" At η = {rates[-1]:g} {'none is' if not evidence.shares[-1] else 'hardly one is'} lost."
        return "learning rate too large", f"{count}{none} {_smaller(evidence, float(rates[index + 1]))}"
    if rates[index] > calm:
        ends = f" {_met(along, float(rates[index]))}"
        if calm < rates[index] / OUT_OF_REACH and along.sharpest > OUT_OF_REACH * float(np.median(along.sharpness)):
            return (
                "lost paths",
                f"{count}{ends} The sharpness grows along Γ without end, and no learning rate that can be run is small wherever "
                "the limit goes: shorten the horizon, or start where Γ is less sharp.",
            )
        return "learning rate too large", f"{count}{ends} {_smaller(evidence, calm)}"
    return (
        "lost paths",
        f"{count}{_at_others(evidence)} The law of those left is not that of all. Along Γ the learning rate is small (η times the "
        f"sharpness up to {rates[index] * along.sharpest:.2g}): they are lost off Γ, where the noise carries them out of its "
        "valley. Take less noise, a shorter horizon, or far smaller learning rates.",
    )


def _at_others(evidence: Evidence) -> str:
    counts = [f"{sum(lost.values()):,}" for lost in evidence.lost[:-1]]
    return f" At the larger ones {', '.join(counts)} are lost."


def _too_large(evidence: Evidence) -> tuple[str, str] | None:
    largest = float(evidence.rates[0])
    if largest <= evidence.along.largest_learning_rate:
        return None
    return (
        "learning rate too large",
        f"{_met(evidence.along, largest)} {_smaller(evidence, evidence.along.largest_learning_rate)}",
    )


def _met(along: Along, rate: float) -> str:
    """What makes this learning rate too large along Γ."""
    if rate * along.sharpest > along.comfortable:
        beyond = along.beyond(rate)
        many = (
            f": {percent(beyond)} of the limit’s paths pass where it is more than {in_words(along.stable, 3)}, which is unstable"
            if beyond > RARE
            else ""
        )
        return (
            f"Along Γ the learning rate times the sharpness reaches {rate * along.sharpest:.3g} at η = {rate:g}{many}. The "
            f"expansion in η needs it below {in_words(along.comfortable, 3)}."
        )
    radius = (rate * along.most_bent) ** 0.5
    return (
        f"The fluctuation about Γ reaches {radius:.2g} of Γ’s radius of curvature at η = {rate:g}: beyond {STRAIGHT**0.5:.2g} "
        "the expansion in η says little."
    )


def _smaller(evidence: Evidence, rate: float) -> str:
    largest = min(rate, evidence.along.largest_learning_rate)
    return f"Take learning rates of at most {float(f'{largest:.2g}'):g}."


def _compared(evidence: Evidence) -> tuple[str, str, int]:
    fit, accuracy, unit = evidence.fit, evidence.accuracy, evidence.unit
    assert fit is not None
    shift = evidence.shift(evidence.shares, evidence.limit_share)
    needed = _needed(evidence.paths, fit, shift, accuracy)
    also = f"; {_lost_too(evidence)}" if evidence.shares.any() or evidence.limit_share else ""
    excess = fit.beyond(SIGMAS) - fit.remainder - shift
    worst = int(np.argmax(excess))
    name = MOMENT_NAMES[worst]
    if excess[worst] > 0:
        breach = evidence.experiment.noise.assumption if evidence.experiment.optimizer.uses_noise else ""
        orders = fit.remainder[worst] + shift[worst] + NEGLECTED * abs(fit.curved[worst])
        if evidence.all_strained:
            return (
                "learning rate too large",
                f"The {name}’s difference does not yet vanish with η: {signed(fit.left[worst])} ± {percent(fit.errors[worst])} of "
                f"{unit} is left at η → 0{also}.",
                needed,
            )
        return (
            "disagrees",
            f"The {name}’s difference does not vanish with η: {signed(fit.left[worst])} ± {percent(fit.errors[worst])} of {unit} "
            f"is left at η → 0, more than {SIGMAS:.2g} standard errors and {percent(orders)} for higher orders{also}."
            + (f" {breach}" if breach else ""),
            needed,
        )
    if (fit.within + shift <= accuracy).all() and not _doubtful(fit, shift).any():
        return (
            "agrees",
            f"At η → 0 the mean differs from the limit’s by {signed(fit.left[0])} ± {percent(fit.errors[0])} of {unit} and the "
            f"variance by {signed(fit.left[1])} ± {percent(fit.errors[1])} of its square: within {percent(accuracy)}, with "
            f"{SURE:.2g} standard errors{also}.",
            needed,
        )
    curved = NEGLECTED * (np.abs(fit.curved) - SIGMAS * fit.curved_errors)
    if (curved > accuracy / 2).any():
        worst = int(np.argmax(curved))
        return (
            "learning rate too large",
            f"The {MOMENT_NAMES[worst]}’s difference is still curved in η: linear and quadratic fits leave what is "
            f"{percent(abs(fit.curved[worst]))} of {unit} apart. Take smaller learning rates.",
            needed,
        )
    worst = int(np.argmax(fit.within + shift))
    return (
        "not enough paths",
        f"What is left of the {MOMENT_NAMES[worst]}’s difference at η → 0 is {signed(fit.left[worst])} ± "
        f"{percent(fit.errors[worst])} of {unit}{also}; about {in_words(needed, 2)} paths would tell "
        f"to ±\u00a0{percent(accuracy)}.",
        needed,
    )


def _doubtful(fit: Fit, shift: np.ndarray) -> np.ndarray:
    """Which of the moments' differences stand clear of what may be left, though not yet surely, (2,)."""
    return fit.beyond(DOUBT) > fit.remainder + shift


def _needed(paths: int, fit: Fit, shift: np.ndarray, accuracy: float) -> int:
    """Paths at which the errors would be small enough for one of the two verdicts, if the fits stayed as they are."""
    least = accuracy / 10
    agree = SURE * fit.end_errors / np.maximum(accuracy - shift - np.abs(fit.ends), least)
    agree = np.where(_doubtful(fit, shift), np.inf, agree)
    far = np.where(fit.ends[0] * fit.ends[1] > 0, np.abs(fit.ends) - fit.remainder - shift, 0.0)
    disagree = SIGMAS * fit.end_errors / np.maximum(far, least)
    return int(np.ceil(paths * max(1.0, min(agree.max(), disagree.max(axis=0).min()) ** 2)))


def _lost_too(evidence: Evidence) -> str:
    count = sum(sum(lost.values()) for lost in evidence.lost)
    words = []
    if count:
        words.append(f"{_of(count, evidence.paths * len(evidence.rates))} of {evidence.experiment.optimizer.label}")
    gone = evidence.rank_changed + evidence.left_manifold
    if gone:
        words.append(f"{_of(gone, evidence.limit_paths)} of the limit")
    moved = percent(float(evidence.shift(evidence.shares, evidence.limit_share)[0]))
    return f"{' and '.join(words)} are lost, and even twice as far off as the laws span they move the mean by {moved} at most"


def _of(count: int, total: int) -> str:
    return f"All {total:,} paths" if count == total else f"{count:,} of {total:,} paths"


def percent(share: float, sign: str = "") -> str:
    """Two digits that count."""
    return f"{sign if share > 0 else ''}{in_words(100 * share, 2)}\u00a0%"


def signed(share: float) -> str:
    return percent(share, "+")
