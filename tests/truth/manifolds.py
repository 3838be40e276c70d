"""Landscapes of all shapes of Γ, on which H keeps its rank: what a person might type. `x1 … xD` are the variables."""

from __future__ import annotations

from dataclasses import dataclass

from dynamics import Landscape


@dataclass(frozen=True)
class Own:
    """Residuals, or a loss, in x1 … xD, and where gradient flow starts."""

    formulas: tuple[str, ...]
    start: tuple[float, ...]
    loss: bool = False

    @property
    def landscape(self) -> Landscape:
        variables = tuple(f"x{k + 1}" for k in range(len(self.start)))
        return Landscape.from_loss(self.formulas[0], variables) if self.loss else Landscape.from_residuals(self.formulas, variables)


GENUS_TWO = "(x1^2*(1 - x1^2) - x2^2)^2 + x3^2/2 - 0.01"

OWN = {
    # curves in the plane
    "ellipse 1:20": Own(("(x1^2/20 + 20*x2^2 - 1)/4",), (1.0, 0.3)),
    "ellipse 1:9": Own(("(x1^2/9 + 9*x2^2 - 1)/4",), (1.0, 0.4)),
    "parabola": Own(("x2 - x1^2",), (0.5, 0.6)),
    "steep parabola": Own(("x2 - 8*x1^2",), (0.3, 0.9)),
    "sine": Own(("x2 - sin(3*x1)",), (0.4, 0.8)),
    "cubic": Own(("x2^2 - x1^3 + 2*x1 - 2",), (1.0, 1.2)),
    "oval of Cassini": Own(("((x1 - 1)^2 + x2^2)*((x1 + 1)^2 + x2^2) - 1.2",), (1.5, 0.2)),
    "nearly a lemniscate": Own(("(x1^2 + x2^2)^2 - 2*(x1^2 - x2^2) - 0.05",), (1.4, 0.2)),
    "astroid, rounded": Own(("(x1^2 + x2^2 - 1)^3 + 27*x1^2*x2^2 + 0.3 - 1",), (0.9, 0.1)),
    "varying ring": Own(("exp(x1)*(sqrt(x1^2 + x2^2) - 1)",), (0.8, 0.6)),
    "exponential valley": Own(("exp(x1)*x2",), (0.5, 0.1)),
    "square, rounded": Own(("x1^6 + x2^6 - 1",), (0.9, 0.4)),
    "tanh neuron": Own(("x2*tanh(x1) - 0.5",), (1.0, 0.9)),
    "ellipse as a loss": Own(("(x1^2/4 + x2^2 - 1)^2/4",), (1.0, 0.9), loss=True),
    # curves in three dimensions and more: codimension 2 and 3
    "helix": Own(("x1 - cos(3*x3)", "x2 - sin(3*x3)"), (1.0, 0.2, 0.0)),
    "spiral tube's core": Own(("x1 - (2 + cos(x3))*cos(x3)", "x2 - (2 + cos(x3))*sin(x3)"), (2.9, 0.1, 0.0)),
    "Viviani": Own(("x1^2 + x2^2 + x3^2 - 4.4", "(x1 - 1)^2 + x2^2 - 1"), (1.9, 0.4, 0.6)),
    "twisted cubic": Own(("x2 - x1^2", "x3 - x1^3"), (0.5, 0.3, 0.1)),
    "moment curve": Own(("x2 - x1^2", "x3 - x1^3", "x4 - x1^4"), (0.5, 0.3, 0.1, 0.0)),
    # surfaces in three dimensions
    "ellipsoid": Own(("x1^2/9 + x2^2 + 4*x3^2 - 1",), (1.5, 0.6, 0.2)),
    "cylinder over an ellipse": Own(("(x1^2/9 + 9*x2^2 - 1)/4 + 0*x3",), (1.0, 0.4, 0.0)),
    "saddle": Own(("x3 - x1*x2",), (0.5, 0.5, 0.5)),
    "genus 2": Own((GENUS_TWO,), (0.75, 0.3, 0.1)),
    "spiral tube": Own(("(x1 - cos(2*x3))^2 + (x2 - sin(2*x3))^2 - 0.16",), (1.5, 0.1, 0.1)),
    "three factors": Own(("x1*x2*x3 - 1",), (1.5, 1.2, 0.8)),
    # surfaces in four and five dimensions
    "Clifford torus": Own(("x1^2 + x2^2 - 1", "x3^2 + x4^2 - 2"), (1.1, 0.1, 0.9, 1.0)),
    "graph of the complex square": Own(("x3 - x1^2 + x2^2", "x4 - 2*x1*x2"), (0.6, 0.4, 0.3, 0.4)),
    "Veronese's graph": Own(("x3 - x1^2", "x4 - x1*x2", "x5 - x2^2"), (0.6, 0.4, 0.3, 0.3, 0.2)),
    # nets and factorizations
    "diagonal net": Own(("x1^2 - x2^2 + x3^2 - x4^2 - 1", "x1^2 - x2^2 - x3^2 + x4^2 - 0.4"), (1.0, 0.4, 0.7, 0.3)),
    "two neurons": Own(("x1*tanh(x2) + x3*tanh(x4) - 1", "x1*tanh(2*x2) + x3*tanh(-x4) - 0.3"), (0.8, 0.9, 0.5, 0.8)),
    "deep line": Own(("x1*x2*x3*x4 - 1",), (1.2, 1.1, 0.9, 1.0)),
    "factors of a matrix": Own(("x1*x3 - 1", "x1*x4 - 0.5", "x2*x3 - 0.6", "x2*x4 - 0.3"), (1.1, 0.7, 1.0, 0.6)),
}
