# Module 01, setup. Generated from source/01_setup.py by `tito lib`: edits here are lost.


# cell: imports
import os
import platform
import sys
import time

import numpy as np


# cell: megabytes
def megabytes(number_of_bytes: int) -> float:
    """1.1 A number of bytes in megabytes (1 MB = 10**6 bytes), not rounded.

    Example:
        megabytes(2_500_000) gives 2.5
    """
    return number_of_bytes / 1e6


# cell: total-memory
def total_memory_gb() -> float:
    """The machine's main memory in gigabytes (1 GB = 10**9 bytes), on Linux and macOS.

    Inside a container this is still the whole machine, not the container's share.
    """
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9


# cell: system-info
def system_info() -> dict:
    """1.2 What a measurement should be reported with.

    Returns:
        a dictionary with the keys
        "python": version of Python, a string such as "3.11.2"
        "numpy": version of numpy, a string such as "2.4.0"
        "platform": system and machine type with one space between, such as "Linux x86_64"
        "cpu_count": processors that the system sees, an integer (`os.cpu_count()`)
        "memory_gb": main memory in gigabytes (10**9 bytes), a float, not rounded
    """
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "platform": f"{platform.system()} {platform.machine()}",
        "cpu_count": os.cpu_count(),
        "memory_gb": total_memory_gb(),
    }


# cell: time-once
def time_once(function, *args, clock=time.perf_counter) -> float:
    """Seconds that one call `function(*args)` takes, by `clock` (a function that returns seconds)."""
    start = clock()
    function(*args)
    return clock() - start


# cell: call-durations
def call_durations(function, *args, repeats=5, clock=time.perf_counter) -> list:
    """1.3 Time several calls `function(*args)`.

    Checks `repeats`, makes one call that is not timed (the warm-up), then times `repeats` calls.

    Args:
        function: what to call.
        *args: what to call it with, every time.
        repeats: number of timed calls, at least 1.
        clock: a function that returns seconds.

    Returns:
        the seconds of each timed call, in order: a list of `repeats` floats.

    Raises:
        ValueError: `repeats` is less than 1. Nothing is called then.

    Example:
        call_durations(sum, [1, 2, 3], repeats=2) gives something like [2.1e-07, 1.6e-07]
    """
    if repeats < 1:
        raise ValueError(f"repeats must be at least 1, got {repeats}")
    function(*args)
    return [time_once(function, *args, clock=clock) for _ in range(repeats)]


# cell: median
def median(values: list) -> float:
    """1.4 The middle value, or the mean of the two middle ones.

    Args:
        values: a list or tuple of numbers, in any order; it is not changed.

    Raises:
        ValueError: there are no values.

    Example:
        median([5, 1, 96]) gives 5; median([4, 1, 2, 9]) gives 3.0
    """
    if not values:
        raise ValueError("median needs at least one value, got none")
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


# cell: time-call
def time_call(function, *args, repeats=5, clock=time.perf_counter) -> float:
    """Median seconds of `repeats` calls `function(*args)`, after one warm-up call that is not timed.

    Args:
        function: what to call.
        *args: what to call it with, every time.
        repeats: number of timed calls, at least 1.
        clock: a function that returns seconds; tests hand in their own.

    Raises:
        ValueError: `repeats` is less than 1.

    Example:
        time_call(sorted, [3, 1, 2]) gives something like 1.5e-07
    """
    return median(call_durations(function, *args, repeats=repeats, clock=clock))


# cell: list-memory
def list_memory(numbers: list) -> int:
    """Bytes of a list and of the numbers in it, each counted as an object of its own."""
    return sys.getsizeof(numbers) + sum(sys.getsizeof(number) for number in numbers)


# cell: array-memory
def array_memory(array: np.ndarray) -> int:
    """1.5 Bytes of an array's elements.

    A view counts like a copy of what it shows, although its memory belongs to another array.

    Args:
        array: a numpy array of any shape and dtype.

    Returns:
        bytes, an integer.

    Raises:
        TypeError: `array` is not a numpy array (but a list or a number, say).

    Example:
        array_memory(np.zeros((3, 4), dtype=np.float32)) gives 48
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(f"array must be a numpy array, got {type(array).__name__}")
    return array.size * array.itemsize


# cell: add-lists
def add_lists(a: list, b: list) -> list:
    """1.6 The sums of two lists' elements, place by place, as a new list; `a` and `b` stay as they are.

    Raises:
        ValueError: the lists differ in length.

    Example:
        add_lists([1, 2], [10, 20]) gives [11, 22]
    """
    if len(a) != len(b):
        raise ValueError(f"the lists must have the same length, got {len(a)} and {len(b)}")
    return [x + y for x, y in zip(a, b)]


__all__ = [
    "add_lists",
    "array_memory",
    "call_durations",
    "list_memory",
    "median",
    "megabytes",
    "system_info",
    "time_call",
    "time_once",
    "total_memory_gb",
]
