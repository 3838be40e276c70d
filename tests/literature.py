"""Landscapes from the literature, as a person would type them. With L = (1/2n) Σ f_i², c = δ².

Sources: Li, Wang and Arora 2022 (arXiv:2110.06914); Du, Hu and Lee 2018 (arXiv:1806.00900); Woodworth et al. 2020
(arXiv:2002.09277); HaoChen et al. 2021 (arXiv:2006.08680); Vaškevičius, Kanade and Rebeschini 2019 (arXiv:1909.05122); Pesme,
Pillaud-Vivien and Flammarion 2021 (arXiv:2106.09524); Wei and Schwab 2019 (arXiv:1910.00195); Damian, Ma and Lee 2021
(arXiv:2106.06530); Blanc et al. 2020 (arXiv:1904.09080); Gunasekar et al. 2017 (arXiv:1705.09280).
"""

from __future__ import annotations

from dataclasses import dataclass

from dynamics import Landscape
from dynamics.landscapes.typed import read_landscape


@dataclass(frozen=True)
class Typed:
    """A landscape of `source`, where its runs begin and under which noise."""

    source: str
    text: str
    variables: tuple[str, ...]
    start: tuple[float, ...]
    noise: str = "label"

    @property
    def landscape(self) -> Landscape:
        found = read_landscape(self.text, variables=self.variables)
        assert found.landscape is not None, found.problems
        return found.landscape


FACTORS = ("u1", "v1", "u2", "v2")
LI_WANG_ARORA = Typed("Li, Wang, Arora", "x*y*z - 1", ("x", "y", "z"), (1.8, 0.9, 0.7))
DU_HU_LEE = Typed("Du, Hu, Lee", "x*y = 0.7", ("x", "y"), (1.5, 0.3))
WOODWORTH = Typed("Woodworth et al.", "u² - v² - 0.5", ("u", "v"), (1.2, 0.9))
HAOCHEN = Typed("HaoChen et al.", "v1² + 2 v2² = 2", ("v1", "v2"), (0.9, 0.8))
VASKEVICIUS = Typed("Vaškevičius et al.", "u1² - v1² - 1\nu2² - v2² - 0.2", FACTORS, (1.2, 0.5, 0.7, 0.6))
PESME = Typed("Pesme et al.", VASKEVICIUS.text, FACTORS, VASKEVICIUS.start, "minibatch")
WEI_SCHWAB = Typed("Wei, Schwab", "(1 + x²)² y", ("x", "y"), (0.4, 0.1), "isotropic")
DAMIAN_MA_LEE = Typed("Damian, Ma, Lee", "sqrt(1 + x²) y", ("x", "y"), (1.1, 0.2))
BLANC = Typed("Blanc et al.", "a tanh(0.8 w) - 0.5", ("a", "w"), (0.7, 2.0))
GUNASEKAR = Typed("Gunasekar et al.", "a² + b² = 1\na c + b d = 1/2", ("a", "b", "c", "d"), (1.0, 0.3, 0.9, -1.0))
LITERATURE = (
    LI_WANG_ARORA, DU_HU_LEE, WOODWORTH, HAOCHEN, VASKEVICIUS, PESME, WEI_SCHWAB, DAMIAN_MA_LEE, BLANC, GUNASEKAR,
)  # fmt: skip
