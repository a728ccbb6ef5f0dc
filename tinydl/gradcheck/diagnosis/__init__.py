"""Which of the usual mistakes explains a wrong result?

search        the order in which mistakes are tried
evidence      trials; guesses, questions, and whether they explain all trials
numbers       what a factor is: the batch size, the number of pixels ...
results       what can have been done to a right result: turned, shifted, summed once more
axes          some of them, in words, and two ways to lose track of them
amounts       by how much it is wrong: a term or factor that is missing
questions     right answers to other questions, such as one about a kernel turned by 180°
options       the same about numbers and words: strides, padding, epsilon
terms         a gradient taken apart: what became of what each output contributes
formulas      slopes and normalizations, written from memory
behaviour     what is seen without a formula: not finite, too coarse, random, depends on neighbours
places        where, and in which cases, it is wrong
"""

from __future__ import annotations

from tinydl.gradcheck.diagnosis.evidence import Diagnosis, Mistake, Trial
from tinydl.gradcheck.diagnosis.search import diagnose

__all__ = ["Diagnosis", "Mistake", "Trial", "diagnose"]
