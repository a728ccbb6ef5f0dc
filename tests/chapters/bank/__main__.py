"""`python -m tests.chapters.bank`: how many wrong answers are caught and named, how many right ones refused."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.chapters.bank.entries import entries


def main() -> int:
    """Print the counts, and every answer that is not judged as it should be."""
    table = Table("chapter", "wrong answers", "caught", "named rightly", "right answers", "refused", box=None)
    counts: dict[str, list[int]] = {}
    for entry in entries():
        verdict = entry.verdict()
        row = counts.setdefault(entry.chapter, [0, 0, 0, 0, 0])
        solved, key = verdict.state == "solved", verdict.diagnosis.key if verdict.diagnosis else "–"
        if entry.is_right:
            row[3] += 1
            row[4] += not solved
        else:
            row[0] += 1
            row[1] += not solved
            row[2] += key in entry.keys
        if solved != entry.is_right or (entry.keys and key not in entry.keys):
            code = entry.function.__code__
            told = "solved" if solved else f"{key}: {verdict.diagnosis or verdict.message}"
            named = " or ".join(entry.keys) or "right"
            print(f"{Path(code.co_filename).name}:{code.co_firstlineno}  {entry.part}: {named}, told: {told}")
    for chapter, row in counts.items():
        table.add_row(chapter, *map(str, row))
    total = [sum(column) for column in zip(*counts.values())]
    table.add_row("all", *map(str, total), style="bold")
    Console().print(table)
    print(
        f"{total[1]} of {total[0]} caught, {total[2] / total[0]:.1%} named rightly; {total[4]} of {total[3]} refused"
    )
    return 0 if total[1] == total[0] and not total[4] and total[2] >= 0.9 * total[0] else 1


if __name__ == "__main__":
    sys.exit(main())
