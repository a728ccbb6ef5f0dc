"""The file that a reader gets: the solution with its bodies taken out."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable

from chapters.exercises.form import Exercise, Part


def stub(exercise: Exercise) -> str:
    """What `init` puts into the workspace: the task, the signatures, nothing to copy."""
    return _file(exercise, lambda part: _broken(part) if part.begins_as else _unwritten(part))


def solution(exercise: Exercise) -> str:
    """The same file, written."""
    return _file(exercise, lambda part: _source(part.solution))


def _file(exercise: Exercise, body: Callable[[Part], str]) -> str:
    head = f'"""{exercise.title[0].upper()}{exercise.title[1:]}.\n\n{exercise.task}\n"""'
    pieces = [head, "\n".join(["import numpy as np", *exercise.imports])]
    for member in exercise.members:
        pieces.append("\n" + (body(member) if isinstance(member, Part) else _source(member)))
    if exercise.try_it:
        tried = textwrap.indent(exercise.try_it, "    ")
        pieces.append(f'\nif __name__ == "__main__":  # python THIS_FILE, to look at what you have\n{tried}')
    return "\n\n".join(pieces) + "\n"


def _source(function: Callable) -> str:
    """A function as it is written, without its decorators."""
    text = textwrap.dedent(inspect.getsource(function))
    definition = _definition(text)
    return "\n".join(text.splitlines()[definition.lineno - 1 :])


def _unwritten(part: Part) -> str:
    return f'{_head(part)}\n    raise NotImplementedError("{part.name} is not written yet")'


def _broken(part: Part) -> str:
    """The part's own head, with the body of a usual mistake."""
    text = textwrap.dedent(inspect.getsource(part.mistakes[part.begins_as].rule))
    definition = _definition(text)
    first = definition.body[1]  # the docstring, which would give it away, is the first
    return "\n".join([_head(part), *text.splitlines()[first.lineno - 1 :]])


def _head(part: Part) -> str:
    """Signature and docstring."""
    text = _source(part.solution)
    docstring = _definition(text).body[0]
    return "\n".join(text.splitlines()[: docstring.end_lineno])


def _definition(text: str) -> ast.FunctionDef:
    (definition,) = ast.parse(text).body
    assert isinstance(definition, ast.FunctionDef)
    return definition
