"""Work divided among threads: who gets what, errors, numbers."""

from __future__ import annotations

import os
import threading

import numpy as np
import pytest

from tinydl import threads


@pytest.mark.parametrize("count, shares", [(0, 1), (1, 1), (2, 2), (7, 3)])
def test_jobs_are_divided_into_runs_of_neighbours(
    count: int, shares: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINYDL_THREADS", "3")
    runs = threads.in_shares(lambda share: list(range(count))[share], count, np.zeros(1), shares=3)
    assert len(runs) == shares and [job for run in runs for job in run] == list(range(count))
    assert max(map(len, runs)) - min(map(len, runs)) <= 1


def test_an_error_in_any_thread_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYDL_THREADS", "2")

    def work(share: slice) -> None:
        if share.start:
            raise ValueError("in the second share")

    with pytest.raises(ValueError, match="second share"):
        threads.in_shares(work, 2, np.zeros(1), shares=2)


def test_shares_may_be_more_than_threads_and_results_stay_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYDL_THREADS", "2")
    runs = threads.in_shares(lambda share: (share.start, threading.get_ident()), 100, np.zeros(1), shares=10)
    assert [start for start, _ in runs] == list(range(0, 100, 10))
    assert len({who for _, who in runs}) <= 2


def test_few_numbers_are_not_worth_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYDL_THREADS", "4")
    assert threads.in_shares(lambda share: threading.get_ident(), 9, np.zeros(9)) == [threading.get_ident()]


@pytest.mark.parametrize("size", [10, threads.FEW + 1, 3 * threads.PIECE + 7])
def test_an_elementwise_function_is_the_same_in_pieces(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYDL_THREADS", "3")

    def bend(x, gy, slope):
        return gy * np.exp(-abs(x)) + slope * x

    rng = np.random.default_rng(0)
    x, gy = rng.normal(size=(2, size, 1)).astype("float32")
    np.testing.assert_array_equal(threads.elementwise(bend)(x, gy, 0.5), bend(x, gy, 0.5))
    backward = x[::-1]  # not in one piece: handed on as it is
    np.testing.assert_array_equal(threads.elementwise(bend)(backward, gy, 0.5), bend(backward, gy, 0.5))


def test_whole_numbers_are_not_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYDL_THREADS", "2")
    half = threads.elementwise(lambda x, slope: x * slope)
    for x, slope in [(np.ones(threads.FEW + 1, int), 0.5), (np.ones(threads.FEW + 1, "f4"), np.float64(0.1))]:
        np.testing.assert_array_equal(half(x, slope), x * slope)


def test_shares_within_shares_and_all_are_done_before_an_error_comes_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TINYDL_THREADS", "3")
    done = []

    def work(share: slice) -> None:
        threads.in_shares(lambda inner: done.append((share.start, inner.start)), 4, np.zeros(1), shares=3)
        if share.start == 0:
            raise KeyError("the first")

    with pytest.raises(KeyError, match="the first"):
        threads.in_shares(work, 6, np.zeros(1), shares=6)
    assert {outer for outer, _ in done} == set(range(6))


def test_what_the_caller_says_of_overflow_holds_in_every_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYDL_THREADS", "2")
    x = np.full(threads.FEW + 1, 1000, np.float32)
    with np.errstate(over="ignore"):
        threads.elementwise(np.exp)(x)
    with pytest.warns(RuntimeWarning, match="overflow"):
        threads.elementwise(np.exp)(x)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_large_product_is_the_same_in_shares(dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYDL_THREADS", "3")
    a = np.random.default_rng(0).normal(size=(301, 200)).astype(dtype)
    b = np.random.default_rng(1).normal(size=(90, 200)).astype(dtype)
    expected = np.einsum("ik,jk->ij", a, b)
    for product in (threads.matmul(a, b.T), threads.matmul(b, a.T).T):  # rows divided, columns divided
        assert product.dtype == dtype
        np.testing.assert_allclose(product, expected, rtol=1e-4, atol=1e-4)


def test_the_number_of_threads_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TINYDL_THREADS", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    assert threads.threads() == 5
    monkeypatch.setenv("TINYDL_THREADS", "2")
    assert threads.threads() == 2
    monkeypatch.setenv("TINYDL_THREADS", "many")
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert threads.threads() >= 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYDL_THREADS", "2")
    threads.in_shares(lambda share: None, 2, np.zeros(1), shares=2)  # now there are helpers
    child = os.fork()
    if child == 0:
        os._exit(len(threads.in_shares(lambda share: share, 2, np.zeros(1), shares=2)))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2
