"""What the chapters share.

contents    the list of them, and what is refused
flags       their flags, which mean the same everywhere
images      the pictures they learn from
run         a run: its folder, its trainings, what becomes of it after Ctrl-C
record      run.json, what a run writes down
"""

from chapters.course.contents import CHAPTERS, RUNS, Chapter, Figure, Refused, find
from chapters.course.flags import Parser, add_common, add_data, chapter_flags, whole_number
from chapters.course.images import SETS, Images, load_images, one_hot, scaled
from chapters.course.record import best_figure, last_run, main_figure, read_record
from chapters.course.run import Run

__all__ = [
    "CHAPTERS",
    "RUNS",
    "SETS",
    "Chapter",
    "Figure",
    "Images",
    "Parser",
    "Refused",
    "Run",
    "add_common",
    "add_data",
    "best_figure",
    "chapter_flags",
    "find",
    "last_run",
    "load_images",
    "main_figure",
    "one_hot",
    "read_record",
    "scaled",
    "whole_number",
]
