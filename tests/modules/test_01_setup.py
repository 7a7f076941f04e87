"""Module 01 in the reference library: the contract of `core.setup`, line by line."""

import os
import platform
import statistics
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tinytorch_lib.core import setup

pytestmark = pytest.mark.m01

MEMINFO = Path("/proc/meminfo")

# Multiples of 1/64: their sums and differences are exact, so that tests can ask for equality.
exact_seconds = st.integers(0, 64_000).map(lambda n: n / 64)


class SimulatedClock:
    """A clock that moves only while `work` runs, by the next of the given seconds."""

    def __init__(self, *seconds: float) -> None:
        self.now = 1000.0
        self.pending = list(seconds)
        self.received: list[tuple] = []

    def __call__(self) -> float:
        return self.now

    def work(self, *args: object) -> None:
        self.received.append(args)
        self.now += self.pending.pop(0)


# --- system_info ------------------------------------------------------------------------


def test_system_info_has_the_five_facts_of_the_contract() -> None:
    info = setup.system_info()
    assert set(info) == {"python", "numpy", "platform", "cpu_count", "memory_gb"}
    assert info["python"] == ".".join(map(str, sys.version_info[:3]))
    assert info["numpy"] == np.__version__
    assert info["platform"] == f"{platform.system()} {platform.machine()}"
    assert info["cpu_count"] == os.cpu_count()
    assert isinstance(info["memory_gb"], float)


def test_memory_is_in_units_of_10_to_the_9_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = {"SC_PHYS_PAGES": 4_000_000, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(os, "sysconf", pages.__getitem__)
    assert setup.total_memory_gb() == 16.384
    assert setup.system_info()["memory_gb"] == 16.384


@pytest.mark.skipif(not MEMINFO.exists(), reason="the second source is Linux's /proc")
def test_memory_agrees_with_the_kernels_own_account() -> None:
    total = next(line for line in MEMINFO.read_text().splitlines() if line.startswith("MemTotal"))
    kibibytes = int(total.split()[1])
    assert setup.total_memory_gb() == pytest.approx(kibibytes * 1024 / 1e9, rel=0.01)


def test_megabytes() -> None:
    assert setup.megabytes(2_500_000) == 2.5
    assert setup.megabytes(0) == 0.0


# --- time_call and its parts ------------------------------------------------------------


def test_time_call_is_the_median_not_the_mean_and_leaves_the_warm_up_out() -> None:
    clock = SimulatedClock(512.0, 1.0, 96.0, 1.0, 2.0, 3.0)
    assert setup.time_call(clock.work, "x", 3, clock=clock) == 2.0
    assert clock.received == [("x", 3)] * 6


def test_time_call_of_an_even_number_of_repeats() -> None:
    clock = SimulatedClock(0.0, 8.0, 1.0, 4.0, 2.0)
    assert setup.time_call(clock.work, repeats=4, clock=clock) == 3.0


@given(st.lists(exact_seconds, min_size=2, max_size=12))
def test_time_call_agrees_with_the_standard_library(seconds: list[float]) -> None:
    clock = SimulatedClock(*seconds)
    repeats = len(seconds) - 1
    assert setup.time_call(clock.work, repeats=repeats, clock=clock) == statistics.median(seconds[1:])
    assert not clock.pending


def test_call_durations_keep_the_order_of_the_calls() -> None:
    clock = SimulatedClock(7.0, 0.25, 5.0, 0.5)
    assert setup.call_durations(clock.work, repeats=3, clock=clock) == [0.25, 5.0, 0.5]


def test_time_once_is_one_call() -> None:
    clock = SimulatedClock(4.0)
    assert setup.time_once(clock.work, "x", clock=clock) == 4.0
    assert clock.received == [("x",)]


def test_time_call_with_the_real_clock() -> None:
    seconds = setup.time_call(sorted, [3, 1, 2], repeats=3)
    assert isinstance(seconds, float)
    assert seconds >= 0


@pytest.mark.parametrize("timer", [setup.time_call, setup.call_durations])
@pytest.mark.parametrize("repeats", [0, -1])
def test_too_few_repeats_are_refused_before_anything_is_called(timer: Callable, repeats: int) -> None:
    clock = SimulatedClock()
    with pytest.raises(ValueError, match=f"at least 1, got {repeats}"):
        timer(clock.work, repeats=repeats, clock=clock)
    assert not clock.received


def test_an_error_in_the_function_comes_through() -> None:
    with pytest.raises(ZeroDivisionError):
        setup.time_call(divmod, 1, 0)


# --- median -----------------------------------------------------------------------------


@given(st.lists(st.integers(-1000, 1000) | exact_seconds, min_size=1, max_size=15))
def test_median_agrees_with_the_standard_library(values: list[float]) -> None:
    before = list(values)
    assert setup.median(values) == statistics.median(values)
    assert values == before


def test_median_of_nothing() -> None:
    with pytest.raises(ValueError, match="at least one value"):
        setup.median([])


# --- memory -----------------------------------------------------------------------------

dtypes = st.sampled_from(["float64", "float32", "float16", "int64", "int16", "uint8", "bool", "complex128"])
shapes = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)


@given(dtypes, shapes)
def test_array_memory_of_any_shape_and_dtype(dtype: str, shape: tuple[int, ...]) -> None:
    array = np.zeros(shape, dtype)
    got = setup.array_memory(array)
    assert type(got) is int
    assert got == len(array.tobytes())


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (np.zeros((4, 6))[:, ::2], 96),
        (np.zeros((2, 3), np.float32).T, 24),
        (np.zeros(9, np.int16)[::-1], 18),
        (np.zeros((3, 4))[1:1], 0),
        (np.broadcast_to(np.zeros(3), (5, 3)), 120),
    ],
)
def test_a_view_counts_like_its_copy(view: np.ndarray, expected: int) -> None:
    assert setup.array_memory(view) == setup.array_memory(view.copy()) == expected


@pytest.mark.parametrize("wrong", [[1.0, 2.0], 8, 1.5, "text", None, (1, 2), np.float32(1.5), memoryview(b"bytes")])
def test_array_memory_takes_arrays_only(wrong: object) -> None:
    with pytest.raises(TypeError, match=f"numpy array, got {type(wrong).__name__}"):
        setup.array_memory(wrong)


def test_list_memory_counts_the_list_and_each_number() -> None:
    numbers = [1.5, 2.5, 10**40]
    expected = sys.getsizeof(numbers) + 2 * sys.getsizeof(1.5) + sys.getsizeof(10**40)
    assert setup.list_memory(numbers) == expected
    assert setup.list_memory([]) == sys.getsizeof([])


# --- add_lists --------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(), st.integers())))
def test_add_lists_adds_place_by_place_into_a_new_list(pairs: list[tuple[int, int]]) -> None:
    a, b = [x for x, _ in pairs], [y for _, y in pairs]
    before = a.copy(), b.copy()
    assert setup.add_lists(a, b) == [x + y for x, y in pairs]
    assert (a, b) == before


@pytest.mark.parametrize(("a", "b"), [([1], [1, 2]), ([1, 2], [1]), ([], [1])])
def test_add_lists_refuses_different_lengths(a: list, b: list) -> None:
    with pytest.raises(ValueError, match=f"same length, got {len(a)} and {len(b)}"):
        setup.add_lists(a, b)
