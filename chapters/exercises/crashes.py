"""What is behind an exception of NumPy or Python: what a learner reads between its words."""

from __future__ import annotations

import re

from tinydl.gradcheck import Diagnosis

# Each: what the message says, the mistake, and a sentence, in which {0} and {1} are what the message names.
USUAL = (
    (
        r"could not be broadcast together with (?:remapped )?shapes .*?(\(.*?\)).*? (\(.*?\))",
        "broadcast",
        "NumPy lays the shapes {0} and {1} on each other from the right; where the lengths differ, one has to be 1. "
        "Which shapes do you expect there? Has a sum taken an axis away, or does a row stand for a column?",
    ),
    (
        r"could not broadcast input array from shape (\(.*?\)) into shape (\(.*?\))",
        "shape",
        "What you put in has the shape {0}, and the place for it has {1}. Which of the two did you expect?",
    ),
    (
        r"matmul: .*\(size (\d+) is different from (\d+)\)",
        "transposed",
        "In A @ B the rows of A meet the columns of B, so both have to be of one length: here {1} and {0}. Write both "
        "shapes down. Does one of them lie on its side?",
    ),
    (
        r"shapes (\(.*?\)) and (\(.*?\)) not aligned",
        "transposed",
        "The rows of the first, {0}, have to be as long as the columns of the second, {1}. Does one lie on its side?",
    ),
    (
        r"cannot reshape array of size (\d+) into shape (\(.*?\))",
        "shape",
        "{0} numbers do not fill {1}. Which axes are there before, and which should be there after?",
    ),
    (
        r"truth value of an array",
        "comparison",
        "if, and, or, not and a < b < c want one yes or no, and an array has many. What asks each element by itself?",
    ),
    (
        r"only (?:0-dimensional|length-1) arrays can be converted",
        "one number",
        "Something that takes a single number, as math.exp does, got an array. What does it for each element?",
    ),
    (
        r"ufunc 'bitwise_(?:and|or)'",
        "brackets",
        "& and | bind more tightly than < and >: Python reads a > (0 & b) < 6. What belongs together?",
    ),
    (
        r"index (-?\d+) is out of bounds for axis (\d+) with size (\d+)",
        "shifted",
        "There are {2} places along axis {1}, numbered from 0, and you ask for number {0}. What does that index count?",
    ),
    (
        r"LinAlgError: Matrix is not positive definite",
        "triangle",
        "cholesky looks for a triangle L with L Lᵀ, and there is none where a direction is flat. Is that asked for?",
    ),
    (
        r"OverflowError",
        "not finite",
        "A number became too large for the computer. Which of the inputs is large, and what is exp of it?",
    ),
    (
        r"RecursionError",
        "recursion",
        "A function called itself until Python gave up, after a thousand times or so. Can a loop do the same?",
    ),
)


def behind(message: str) -> Diagnosis | None:
    """The usual mistake behind an exception's message, if it is one of these.

    Example:
        >>> behind("ValueError: operands could not be broadcast together with shapes (4,3) (4,)").key
        'broadcast'
    """
    for pattern, key, sentence in USUAL:
        if found := re.search(pattern, message):
            return Diagnosis(key, sentence.format(*found.groups()))
    return None
