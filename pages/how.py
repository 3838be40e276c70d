"""How what is shown is computed, and how well: closed forms beside what the engine gives."""

from __future__ import annotations

import logging
import tomllib
from functools import cache

import streamlit as st

from dynamics.resources import resource
from dynamics.studies.closed_forms import TABLE, ClosedForm, Seen
from exports import exact_and_seen
from pages.shared.begin import begin
from pages.shared.scene import Scene
from pages.shared.takeaway import take_away_table

FILE = resource("closed_forms.toml")

log = logging.getLogger(__name__)

TEXT = r"""
## SGD
Each path is a run of $x_{k+1} = x_k - \eta\,(\nabla L(x_k) + \xi_k)$ with random numbers of its own. Formulas become a graph,
from which all derivatives come exactly (CasADi), and the graph a short list of instructions that one compiled kernel (Numba)
carries out for blocks of paths side by side, in double precision. Nothing about a run depends on how many threads there are:
a link and its seed give the same paths, bit for bit. A path that leaves every bound is stopped, counted and shown as a cross;
no mean is ever taken over the survivors alone without saying so.

## The limit
$\Phi$ is computed by following [gradient flow](?view=glossary&term=gradient_flow) with an adaptive integrator onto Γ, and
Newton’s method at its end. The [limiting SDE](?view=glossary&term=limiting_sde) has two integrators that share nothing but Γ,
and must agree:

- **explicit**: Euler–Maruyama on the three parts of the drift, each path with adaptive steps of its own, then a retraction
  onto Γ whose own drift is taken into account;
- **projective**: $Y_{k+1} = \Phi(Y_k + \sqrt h\,\sigma(Y_k)\,\zeta_k)$ with standard normal $\zeta$, which needs no
  derivative of $\Phi$.

Where Γ is a curve there is a third way, without any sampling: in arc length the density solves a Fokker–Planck equation, and
mean first-passage times a linear system of equations.

## Other optimizers
An optimizer is a step, a state that it keeps, a slow clock, and coefficients on Γ made of the same $H$, $T$ and $P$. With
$T[M]_i = \sum_{jk} \partial_i\partial_j\partial_k L\, M_{jk}$ and $c = \delta^2$ of label noise:

| optimizer | slow time $t$ | its limit on Γ |
|---|---|---|
| momentum $\beta$, Nesterov’s too | $k\eta^2/(1-\beta)^2$ | SGD’s |
| a schedule $\eta_k$ | $\sum \eta_k^2$ | SGD’s |
| weight decay $\eta\omega$ | $k\eta^2$ | SGD’s, and $-\omega P Y\,dt$ |
| weight noise, anti-PGD, SAM on one sample | $k\eta\rho^2$ | $-\tfrac12 P\nabla \mathrm{tr}\,H\,dt$ |
| SAM, full batch | $k\eta\rho^2$ | $-\tfrac12 P\nabla \lambda_1\,dt$ |
| normalized descent | $k\eta^2$ | $-\tfrac14 P\nabla \ln\lambda_1\,dt$ |
| descent on $\sqrt L$ | $k\eta^2$ | $-\tfrac18 P\nabla \lambda_1\,dt$ |
| reshuffling of fields $\xi_i$ | $k\eta^2$ | $-\tfrac12 P\,\mathrm{mean}_i\,(\partial\xi_i)\,\xi_i\,dt$ |
| local SGD, $K$ workers, $\alpha = \eta H$ | $k\eta^2$ | SGD’s, and $-\tfrac12(K-1) P\,T[\Psi]\,dt$ |
| Langevin dynamics at temperature $\theta$ | $k\eta\theta$ | SGD’s with isotropic noise, $s^2 = 2$ |
| SGD with Gauss–Newton’s step size $\eta a$, $a = 1/\mathrm{tr}\,H$ | $k\eta^2$ | SGD’s with $a^2\Sigma$ |
| [dropout](?view=glossary&term=dropout), DropConnect, of variance $\sigma^2$ | $k\eta\sigma^2$ | $-\tfrac12 P\nabla R\,dt$ |
| Adam, $1-\beta_2 = \kappa\eta^2$ | $k\eta^2$ | SGD’s in $z = S^{-1/2}x$, with $dv = \kappa(\mathrm{diag}\,\Sigma - v)\,dt$ |

Here $\Psi_{ij} = \Sigma_{ij}\,\psi(\alpha(\lambda_i+\lambda_j))/(\lambda_i+\lambda_j)$ in the eigenbasis of $H$ without its
tangent block, $\psi(z) = (z-1+e^{-z})/z$, and $S = \mathrm{diag}(1/\sqrt v)$. Each line is tried by tests against a law in
closed form, mostly on the hyperbola: the steps at falling learning rates, and the limit by itself. The theorems are those of the
papers named in the source of each; where only their statements could be read, the constants are derived here.

At a finite learning rate label noise follows $-\tfrac c2 P\,T[(2-\eta H)^{-1}]$ more closely (Damian, Ma, Lee 2021),
and SAM in codimension one $-2P\nabla\lambda/(2-\eta\lambda)^2$ (derived here): the dotted line beside the limit. Steps
on one of several samples multiply their own fluctuation, too: there the covariance $X$ solves
$HX + XH = \eta\,[\delta^2 H + \tfrac1n \sum_i (g_i^\top X g_i)\, g_i g_i^\top]$ (derived here), and the drift is $-P\,T[X]/2\eta$.

## What is compared
SGD and the limit are compared in law, not path by path: quantiles, means with their [standard
errors](?view=glossary&term=standard_error), and distances between laws, of SGD seen through $\Phi$. *Convergence* says “tends
to the limit’s” only where the difference extrapolated to $\eta \to 0$ is small *and* known well enough to be told apart from
one that is not; else it says why nothing can be said.

## Exact against seen
Each line is computed by a test whenever the program changes, and must agree within four standard errors, or to the digits
shown where nothing is sampled.
"""


def render() -> None:
    scene = begin("how", Scene, lambda scene: scene).scene
    with st.container(key="reading"):
        st.markdown(TEXT)
        st.markdown(_table())
        shown = {row: seen()[row.name] for row in TABLE if row.name in seen()}
        take_away_table("how", scene, lambda said: exact_and_seen(shown, said))


@cache
def seen() -> dict[str, Seen]:
    """What `python -m tools.closed_forms` gave, as far as it can be read."""
    try:
        said = tomllib.loads(FILE.read_text(encoding="utf-8"))
        return {name: Seen(float(row["value"]), float(row.get("standard_error", 0.0))) for name, row in said.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("There are no numbers beside the closed forms: %s", error)
        return {}


def _table() -> str:
    rows = [_row(row, seen()[row.name]) for row in TABLE if row.name in seen()]
    return "\n".join(["| what | formula | exact | seen | source |", "|---|---|---|---|---|", *rows])


def _row(row: ClosedForm, found: Seen) -> str:
    said = f"{found.value:.4f} ± {found.standard_error:.4f}" if found.standard_error else f"{found.value:.6g}"
    exact = f"{row.exact:.4f}" if found.standard_error else f"{row.exact:.6g}"
    return f"| {row.title} | ${row.formula}$ | {exact} | {said} | {row.source} |"
