"""Integrators of the limiting SDE (theory section 4), one a file, behind one face."""

from dynamics.limit.schemes.base import Pace, Scheme
from dynamics.limit.schemes.explicit import EXPLICIT
from dynamics.limit.schemes.projective import PROJECTIVE

SCHEMES: dict[str, Scheme] = {scheme.name: scheme for scheme in (EXPLICIT, PROJECTIVE)}

__all__ = ["EXPLICIT", "PROJECTIVE", "SCHEMES", "Pace", "Scheme"]
