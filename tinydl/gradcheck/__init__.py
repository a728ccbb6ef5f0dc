"""Is my gradient right, and if not, what is wrong with it?

    check         a function on Tensors, against finite differences of any order
    slopes        the gradients of a plain function on arrays, by finite differences
    difference    where two arrays differ: worst elements, a map in characters, a picture
    diagnosis     which of the usual mistakes explains a wrong result: the order in which they are tried
    explanation   difference and diagnosis together, for a notebook

What a diagnosis is made of:

    evidence      trials; guesses, questions, and whether they explain all trials
    numbers       what a factor is: the batch size, the number of pixels ...
    results       what can have been done to a right result: turned, shifted, summed once more
    reading       two ways to lose track of the axes
    amounts       by how much it is wrong: a term or factor that is missing
    questions     right answers to other questions, such as one about a kernel turned by 180°
    options       the same about numbers and words: strides, padding, epsilon
    terms         a gradient taken apart: what became of what each output contributes
    formulas      slopes and normalizations, written from memory
    behaviour     what is seen without a formula: not finite, too coarse, random, depends on neighbours
    places        where, and in which cases, it is wrong
"""

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
