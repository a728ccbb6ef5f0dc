"""Is my gradient right, and if not, what is wrong with it?"""

from __future__ import annotations

from tinydl.gradcheck.check import Finding, GradientError, Report, check
from tinydl.gradcheck.diagnosis import Diagnosis, Mistake, Trial, diagnose
from tinydl.gradcheck.slopes import by_differences

__all__ = [
    "Diagnosis",
    "Finding",
    "GradientError",
    "Mistake",
    "Report",
    "Trial",
    "by_differences",
    "check",
    "diagnose",
]
