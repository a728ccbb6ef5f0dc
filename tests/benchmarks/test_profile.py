"""The stopwatch of the profile: what calls take inside each other is counted once."""

from __future__ import annotations

import itertools

import pytest

from benchmarks import profile


def test_each_function_is_charged_for_itself_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = itertools.count()
    monkeypatch.setattr(profile.time, "perf_counter", lambda: float(next(ticks)))
    watch = profile.Stopwatch()
    inner = watch.time("inner", lambda: None)  # 1 tick from its begin to its end
    outer = watch.time("outer", lambda: (inner(), inner()))  # 5 in all
    outer()
    assert dict(watch.seconds) == {"inner": 2, "outer": 3}

    def fail() -> None:
        raise ValueError

    with pytest.raises(ValueError):
        watch.time("failing", fail)()
    assert watch.seconds["failing"] == 1
