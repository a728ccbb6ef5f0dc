"""Is my gradient right, and if not, what is wrong with it?"""

from __future__ import annotations

from tinydl.gradcheck.check import Finding, GradientError, Report, check
from tinydl.gradcheck.diagnosis import diagnose
from tinydl.gradcheck.difference import Element, error_map, figure, shaded, worst
from tinydl.gradcheck.evidence import Diagnosis, Mistake, Trial
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
