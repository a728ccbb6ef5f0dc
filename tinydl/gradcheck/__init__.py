"""Is my gradient right, and if not, what is wrong with it?

check         a function on Tensors, against finite differences of any order
slopes        the gradients of a plain function on arrays, by finite differences
difference    where two arrays differ: worst elements, a map in characters, a picture
diagnosis     which of the usual mistakes explains a wrong result
explanation   difference and diagnosis together, for a notebook
"""

from __future__ import annotations

from tinydl.gradcheck.check import Finding, GradientError, Report, check
from tinydl.gradcheck.diagnosis import Diagnosis, Mistake, Trial, diagnose
from tinydl.gradcheck.difference import Element, error_map, figure, shaded, worst
from tinydl.gradcheck.explanation import Explanation, explain
from tinydl.gradcheck.slopes import by_differences

__all__ = [
    "Diagnosis",
    "Element",
    "Explanation",
    "Finding",
    "GradientError",
    "Mistake",
    "Report",
    "Trial",
    "by_differences",
    "check",
    "diagnose",
    "error_map",
    "explain",
    "figure",
    "shaded",
    "worst",
]
