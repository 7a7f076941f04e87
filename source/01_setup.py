# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 01 · Setup
#
# | difficulty | time | builds on | next |
# |---|---|---|---|
# | ●○○○ | 1.5 h | Python's basics | 02 tensor |
#
# Welcome. In this course you build a deep-learning framework yourself, from a single array to a GPT that runs on your
# own code. Today you learn how every module works, and make three tools that you will use in all of them: one that
# describes the machine, one that times a call, one that counts memory. What is not measured cannot be made faster.

# %% [markdown]
# ## How a module works
# A notebook is a column of cells. Click on one, press **Shift+Enter**: it runs, and the next is selected. Run them from top
# to bottom.
#
# Headings that say **yours** hold a gap for you:
#
# ```python
# # YOUR CODE HERE
# raise NotImplementedError()
# ```
#
# Put your code in place of *both* lines, run the cell, then run the test below it. Test cells are locked. Until a gap is filled,
# what needs it stops with `NotImplementedError`. That does no harm.

# %% [markdown]
# ## The loop
#
# | step | how |
# |---|---|
# | **edit** | fill a gap |
# | **run** | Shift+Enter on your cell, then on its test |
# | **validate** | *Validate* in the toolbar runs the whole notebook afresh and lists what fails |
# | **submit** | menu *Nbgrader*, *Assignment List*, *Submit*; again as often as you like until the due date |
# | **read feedback** | in the same list, when your work is graded |
#
# Grading asks what the visible tests ask, with more numbers. A test's points are earned whole or not at all, each
# test for itself.

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| default_exp core.setup
#| export
import os
import platform
import sys
import time

import numpy as np

# %% [markdown]
# ## 1.1 Your first green line — yours (10 points)
# Computers count bytes. People prefer megabytes:
#
# $$1\ \text{MB} = 10^6\ \text{bytes}$$
#
# **Get it wrong first, on purpose.** Older books take $1024^2$ bytes (that is a mebibyte, MiB). In place of the two lines
# in the gap, write
# `return number_of_bytes / 1024**2`, run your cell and the test, and read the *last* line of the red message: what was
# expected, what came, what to reread. Then mend it.

# %% nbgrader={"grade": false, "grade_id": "megabytes", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def megabytes(number_of_bytes: int) -> float:
    """1.1 A number of bytes in megabytes (1 MB = 10**6 bytes), not rounded.

    Example:
        megabytes(2_500_000) gives 2.5
    """
    ### BEGIN SOLUTION
    return number_of_bytes / 1e6
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-megabytes", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
def test_megabytes():
    """Does a megabyte have 10**6 bytes, for many bytes, one and none?"""
    print("🔬 Unit Test: Megabytes...")
    cases = [(2_500_000, 2.5), (1_000_000, 1.0), (1, 0.000001), (0, 0.0)]
    ### BEGIN HIDDEN TESTS
    cases += [(123_456_789, 123.456789), (7_000_000_000, 7000.0), (999_999, 0.999999)]
    ### END HIDDEN TESTS
    for count, expected in cases:
        got = megabytes(count)
        assert got is not None, f"megabytes({count}) gave None. Does your line begin with `return`?"
        message = f"megabytes({count}) should be {expected}, but came out as {got}. How big is a MB? Reread 1.1."
        assert abs(got - expected) <= 1e-9 * expected, message
    print("📈 Progress: Megabytes ✓")


test_megabytes()

# %% [markdown]
# Two lines and nothing red: the test passed. You have been round the loop's first two steps, and ten points are yours.
#
# ## 1.2 What machine is this? — yours (15 points)
# A time means nothing without the machine it was taken on. Memory is handed out in *pages*, so its size is pages times bytes
# a page. We count in gigabytes of $10^9$ bytes, so a machine sold with "16 GB" (in fact 16 GiB) shows about 17.
#
# This one is solved, to read:

# %% nbgrader={"grade": false, "grade_id": "total-memory", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def total_memory_gb() -> float:
    """The machine's main memory in gigabytes (1 GB = 10**9 bytes), on Linux and macOS.

    Inside a container this is still the whole machine, not the container's share.
    """
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9

# %% [markdown]
# ### Now you: the machine's card
# The standard library's modules `platform` and `os` know the rest. Try them in a cell of your own first (the **+** in
# the toolbar makes one): `platform.python_version()`, `platform.system()`, `platform.machine()`, `os.cpu_count()`,
# `np.__version__`. Then write the dictionary that the docstring describes.

# %% nbgrader={"grade": false, "grade_id": "system-info", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "platform": f"{platform.system()} {platform.machine()}",
        "cpu_count": os.cpu_count(),
        "memory_gb": total_memory_gb(),
    }
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-system-info", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
def test_system_info():
    """Are all five facts there, under their names, and true?"""
    print("🔬 Unit Test: System information...")
    info = system_info()
    assert info is not None, "system_info() gave None. Does it `return` the dictionary?"
    expected = {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "platform": platform.system() + " " + platform.machine(),
        "cpu_count": os.cpu_count(),
    }
    missing = [key for key in [*expected, "memory_gb"] if key not in info]
    assert not missing, f"The dictionary lacks {missing}. The docstring of 1.2 lists the five keys."
    for key, value in expected.items():
        message = f"{key!r} should be {value!r}, but came out as {info[key]!r}. Reread the docstring of 1.2."
        assert info[key] == value, message
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 10**9
    got = info["memory_gb"]
    message = f"'memory_gb' should be {memory} (10**9 bytes, not rounded), but came out as {got}. Reread 1.2."
    assert abs(got - memory) <= 1e-9 * memory, message
    print("📈 Progress: System information ✓")


test_system_info()

# %%
for key, value in system_info().items():
    print(f"{key:>10}  {value}")

# %% [markdown]
# ## 1.3 How long does a call take? — yours (25 points)
# Read a clock, call, read again:
#
# $$d = t_\text{after} - t_\text{before}$$
#
# `time.perf_counter` counts seconds from an arbitrary start and never jumps back, unlike a wall clock.
#
# In `time_once(sum, [1, 2])` the function is handed over like any value, without brackets; `*args` collects what
# follows it. The clock is an argument too, so that a test can hand in one whose readings it knows. One call, solved:

# %% nbgrader={"grade": false, "grade_id": "time-once", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def time_once(function, *args, clock=time.perf_counter) -> float:
    """Seconds that one call `function(*args)` takes, by `clock` (a function that returns seconds)."""
    start = clock()
    function(*args)
    return clock() - start

# %% [markdown]
# ### Now you: many calls
# One measurement proves little: ask again and it differs. The first call is often the slowest, because data
# is not yet in the processor's cache and files are not yet loaded. So make one **warm-up** call that is not timed, then
# time `repeats` calls, each for itself.
#
# *Where to look:* the docstring asks for three things, in order. `time_once` does the third of them, once.

# %% nbgrader={"grade": false, "grade_id": "call-durations", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    if repeats < 1:
        raise ValueError(f"repeats must be at least 1, got {repeats}")
    function(*args)
    return [time_once(function, *args, clock=clock) for _ in range(repeats)]
    ### END SOLUTION

# %% [markdown]
# The test has no stopwatch. Its clock stands still except while the function runs, and moves by as much as the test decides, so
# the right answer is known exactly, on any machine.

# %% nbgrader={"grade": true, "grade_id": "test-call-durations", "locked": true, "points": 25, "schema_version": 3, "solution": false, "task": false}
def test_call_durations():
    """Is there one warm-up, is every timed call measured alone, and do the arguments arrive?"""
    print("🔬 Unit Test: Call durations...")

    def simulate(seconds, *args, **options):
        """Durations of a function whose k-th call takes seconds[k], and the arguments of each call."""
        now, calls, pending = [1000.0], [], list(seconds)

        def function(*received):
            calls.append(received)
            now[0] += pending.pop(0) if pending else 64.0

        return call_durations(function, *args, clock=lambda: now[0], **options), calls

    durations, calls = simulate([32.0, 4.0, 1.0, 2.0], "a", 7, repeats=3)
    message = f"repeats=3 needs 4 calls: a warm-up and 3 timed ones. {len(calls)} calls were made. Reread 1.3."
    assert len(calls) == 4, message
    assert durations is not None, "call_durations gave None. Does it `return` the list?"
    for received in calls:
        message = f"The function should get the arguments ('a', 7), but got {received!r}. What does *args do (1.3)?"
        assert tuple(received) == ("a", 7), message
    message = (
        f"The timed calls took 4, 1 and 2 s (the warm-up 32 s), but the list came out as {durations}. "
        "Is it measured with the `clock` that was handed in? Reread 1.3."
    )
    assert list(durations) == [4.0, 1.0, 2.0], message
    durations, calls = simulate([8.0, 0.5], repeats=1)
    assert len(calls) == 2, f"repeats=1 needs 2 calls: a warm-up and a timed one. {len(calls)} calls were made."
    message = f"The one timed call took 0.5 s (the warm-up 8 s), but the list came out as {durations}. Reread 1.3."
    assert list(durations) == [0.5], message
    durations, _ = simulate([1.0] * 6)
    message = f"Without repeats= there should be 5 durations of 1 s, but the list came out as {durations}. Reread 1.3."
    assert list(durations) == [1.0] * 5, message
    for repeats in (0, -3):
        calls = []
        try:
            call_durations(calls.append, "called", repeats=repeats)
        except ValueError:
            message = f"repeats={repeats}: the function was called all the same. Check first (docstring of 1.3)."
            assert not calls, message
        else:
            message = f"repeats={repeats} should raise a ValueError (docstring of 1.3), but raised nothing."
            raise AssertionError(message)
    ### BEGIN HIDDEN TESTS
    seconds = [16.0, 0.25, 8.0, 0.125, 0.5, 3.0, 0.25]
    durations, calls = simulate(seconds, [1, 2], repeats=6)
    assert list(durations) == seconds[1:], f"Six calls that take {seconds[1:]} s came out as {durations} (hidden test)."
    assert [list(received) for received in calls] == [[[1, 2]]] * 7, "Seven calls should each get one list (hidden test)."
    durations = call_durations(max, 3, 5, repeats=2)
    assert len(durations) == 2 and min(durations) >= 0, f"Two real durations came out as {durations} (hidden test)."
    ### END HIDDEN TESTS
    print("📈 Progress: Call durations ✓")


test_call_durations()

# %% [markdown]
# ### Look at real ones
# The same call, thirty times. Before you run it: how far apart will the fastest and the slowest be? Run it three times and
# see which of the numbers stays put.

# %%
durations = sorted(call_durations(sorted, list(range(20_000)), repeats=30))
print(f"fastest {durations[0] * 1e6:8.1f} µs")
print(f"middle  {durations[15] * 1e6:8.1f} µs")
print(f"mean    {sum(durations) / 30 * 1e6:8.1f} µs")
print(f"slowest {durations[-1] * 1e6:8.1f} µs")

# %% [markdown]
# ## 1.4 One number: the median — yours (15 points)
# The system interrupts your program now and then. Five calls take 1, 1, 1, 1 and 96 ms: the mean says 20, which no
# call took; the **median** says 1. With the values in order, $d_1 \le d_2 \le \dots \le d_n$:
#
# $$\text{median} = \begin{cases} d_{(n+1)/2} & n \text{ odd} \\[2pt] \tfrac12\,(d_{n/2} + d_{n/2+1}) & n \text{ even} \end{cases}$$
#
# *Where to look:* the formula counts from 1, Python from 0. Try $n = 3$ and $n = 4$ on paper. `sorted` makes a new
# list, `.sort()` changes yours.

# %% nbgrader={"grade": false, "grade_id": "median", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def median(values: list) -> float:
    """1.4 The middle value, or the mean of the two middle ones.

    Args:
        values: a list or tuple of numbers, in any order; it is not changed.

    Raises:
        ValueError: there are no values.

    Example:
        median([5, 1, 96]) gives 5; median([4, 1, 2, 9]) gives 3.0
    """
    ### BEGIN SOLUTION
    if not values:
        raise ValueError("median needs at least one value, got none")
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-median", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
def test_median():
    """Is it the middle of the values in order, for odd and even counts, and is the input left alone?"""
    print("🔬 Unit Test: Median...")
    cases = [
        ([5, 1, 96], 5),
        ([4, 1, 2, 9], 3.0),
        ([7.5], 7.5),
        ([2.0, -1.0], 0.5),
        ([1.0, 1.0, 96.0, 1.0, 1.0], 1.0),
        ([-3, -10, -1, -2, -8, -7], -5.0),
    ]
    ### BEGIN HIDDEN TESTS
    cases += [
        ([9, 3, 8, 1, 7, 2, 4], 4),
        ([0.5, 0.25, 4.0, 1.0, 8.0, 2.0, 16.0, 32.0], 3.0),
        ([6, 6], 6.0),
        ([0, 0, 0], 0),
        ((3.0, 1.0, 2.0), 2.0),
        ([10.0, 9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0, 0.0], 5.0),
    ]
    ### END HIDDEN TESTS
    for values, expected in cases:
        given = list(values)
        got = median(values)
        assert got is not None, f"median({given}) gave None. Does every branch `return`?"
        message = f"median({given}) should be {expected}, but came out as {got}. Are they in order, and which place is the middle, counted from 0? Reread 1.4."
        assert abs(got - expected) <= 1e-12, message
        assert list(values) == given, f"median changed its input from {given} to {values}. Work on a copy (1.4)."
    try:
        got = median([])
    except ValueError:
        pass
    else:
        raise AssertionError(f"median([]) should raise a ValueError (docstring of 1.4), but gave {got!r}.")
    print("📈 Progress: Median ✓")


test_median()

# %% [markdown]
# ### Put together
# Solved, to read: your two functions make the stopwatch of this course. When a later module says "measured", it means this.

# %% nbgrader={"grade": false, "grade_id": "time-call", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
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

# %%
for count in (1_000, 10_000, 100_000):
    print(f"sum of {count:>7,} numbers: {time_call(sum, list(range(count))) * 1e6:8.1f} µs")

# %% [markdown]
# ## 1.5 How much memory? — yours (20 points)
# A Python list holds no numbers. It holds *addresses* of objects, and each object has a number inside:
#
# $$\text{bytes} = \text{the list itself} + \sum_i \text{object}_i$$
#
# A numpy array puts the bare numbers side by side, all of one type (its `dtype`). The list, solved:

# %% nbgrader={"grade": false, "grade_id": "list-memory", "locked": true, "schema_version": 3, "solution": false, "task": false}
#| export
def list_memory(numbers: list) -> int:
    """Bytes of a list and of the numbers in it, each counted as an object of its own."""
    return sys.getsizeof(numbers) + sum(sys.getsizeof(number) for number in numbers)

# %% [markdown]
# ### Now you: arrays and views
# `table.T` or `table[:, ::2]` is a **view**: a new way to look at memory that another array owns. No number is copied.
# So what does a view hold? We decide: **the bytes of the elements that you see in it**, as if it were a copy.
#
# $$\text{bytes} = \text{number of elements} \times \text{bytes of one}$$
#
# *Where to look:* an array's `size`, `dtype`, `itemsize`; `sys.getsizeof` asks another question. A number without axes,
# `np.array(1.5)`, is one element; shape `(0, 5)` has none.

# %% nbgrader={"grade": false, "grade_id": "array-memory", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
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
    ### BEGIN SOLUTION
    if not isinstance(array, np.ndarray):
        raise TypeError(f"array must be a numpy array, got {type(array).__name__}")
    return array.size * array.itemsize
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-array-memory", "locked": true, "points": 20, "schema_version": 3, "solution": false, "task": false}
def test_array_memory():
    """Elements times bytes of one: for every shape, dtype and kind of view?"""
    print("🔬 Unit Test: Array memory...")
    cases = [
        ("10 numbers of 8 bytes", np.zeros(10), 80),
        ("10 numbers of 4 bytes", np.zeros(10, dtype=np.float32), 40),
        ("3 by 4 numbers of 1 byte", np.zeros((3, 4), dtype=np.int8), 12),
        ("one number without axes (shape ())", np.array(1.5), 8),
        ("shape (0, 5): no elements", np.zeros((0, 5)), 0),
        ("a transposed view, 3 by 2 of 4 bytes", np.zeros((2, 3), dtype=np.float32).T, 24),
        ("every second column, a view of 4 by 3 of 8 bytes", np.zeros((4, 6))[:, ::2], 96),
    ]
    ### BEGIN HIDDEN TESTS
    cases += [
        ("7 truth values (hidden test)", np.zeros(7, dtype=bool), 7),
        ("complex numbers of 16 bytes (hidden test)", np.zeros((2, 1, 3), dtype=np.complex128), 96),
        ("four axes of int16 (hidden test)", np.zeros((2, 3, 1, 5), dtype=np.int16), 60),
        ("a reversed view of float16 (hidden test)", np.zeros(9, dtype=np.float16)[::-1], 18),
        ("a broadcast view (hidden test)", np.broadcast_to(np.zeros(3), (5, 3)), 120),
        ("an empty float32 (hidden test)", np.zeros(0, dtype=np.float32), 0),
        ("no axes, one byte (hidden test)", np.array(3, dtype=np.uint8), 1),
    ]
    ### END HIDDEN TESTS
    for what, array, expected in cases:
        got = array_memory(array)
        message = f"{what}: should be {expected} bytes as an integer, but came out as {got!r}. Reread 1.5."
        assert isinstance(got, (int, np.integer)), message
        assert got == expected, message
    for wrong in ([1.0, 2.0], 8, "text"):
        try:
            got = array_memory(wrong)
        except TypeError:
            pass
        else:
            message = f"array_memory({wrong!r}) should raise a TypeError (docstring of 1.5), but gave {got!r}."
            raise AssertionError(message)
    print("📈 Progress: Array memory ✓")


test_array_memory()

# %% [markdown]
# ### View or copy?
# Both count the same. Which of them can change your table behind your back? Guess the last two lines before you run it.

# %%
table = np.zeros((1_000, 1_000))
view, copy = table[:, ::2], table[:, ::2].copy()
for name, array in [("table", table), ("view", view), ("copy", copy)]:
    print(f"{name:<5} {megabytes(array_memory(array)):.1f} MB, shares memory with the table: {np.shares_memory(table, array)}")
view[0, 0] = 1.0
print("after view[0, 0] = 1, table[0, 0] is", table[0, 0])
copy[0, 0] = 2.0
print("after copy[0, 0] = 2, table[0, 0] is", table[0, 0])

# %% [markdown]
# ## 1.6 Adding lists — yours (15 points)
# The commonest step in this course adds numbers place by place:
#
# $$c_i = a_i + b_i$$
#
# Python's `+` on lists does something else: it joins them. So write it yourself. Two lists of different lengths have no sum;
# say so, rather than drop what is left over.
#
# *Where to look:* what does `zip` do when one list is longer?

# %% nbgrader={"grade": false, "grade_id": "add-lists", "locked": false, "schema_version": 3, "solution": true, "task": false}
#| export
def add_lists(a: list, b: list) -> list:
    """1.6 The sums of two lists' elements, place by place, as a new list; `a` and `b` stay as they are.

    Raises:
        ValueError: the lists differ in length.

    Example:
        add_lists([1, 2], [10, 20]) gives [11, 22]
    """
    ### BEGIN SOLUTION
    if len(a) != len(b):
        raise ValueError(f"the lists must have the same length, got {len(a)} and {len(b)}")
    return [x + y for x, y in zip(a, b)]
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test-add-lists", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
def test_add_lists():
    """Place by place, any length, and a clear refusal when the lengths differ?"""
    print("🔬 Unit Test: Adding lists...")
    cases = [
        ([1, 2], [10, 20], [11, 22]),
        ([1.5, -2.0, 0.0], [0.5, -3.0, 4.0], [2.0, -5.0, 4.0]),
        ([7], [-7], [0]),
        ([], [], []),
    ]
    ### BEGIN HIDDEN TESTS
    cases += [
        ([3, 3, 3, 3, 3], [1, 2, 3, 4, 5], [4, 5, 6, 7, 8]),
        ([0.25] * 40, [0.5] * 40, [0.75] * 40),
        ([10**20, -1], [1, 10**20], [10**20 + 1, 10**20 - 1]),
    ]
    ### END HIDDEN TESTS
    for a, b, expected in cases:
        before = list(a), list(b)
        got = add_lists(a, b)
        question = f"add_lists({before[0]}, {before[1]})"
        assert isinstance(got, list), f"{question} should be a list, but came out as {got!r}. Reread 1.6."
        assert got == expected, f"{question} should be {expected}, but came out as {got}. Reread 1.6."
        assert (a, b) == before, f"add_lists changed its inputs from {before} to {(a, b)}. Make a new list (1.6)."
    for a, b in [([1, 2, 3], [1, 2]), ([1], [1, 2]), ([], [1]), ([1], [])]:
        try:
            got = add_lists(a, b)
        except ValueError:
            pass
        else:
            raise AssertionError(f"add_lists({a}, {b}) should raise a ValueError (1.6), but gave {got!r}.")
    print("📈 Progress: Adding lists ✓")


test_add_lists()

# %% [markdown]
# ## 1.7 See it: list against array
# Your tools, on a real question: what does a list of numbers cost beside an array of the same numbers? Both axes grow by
# factors of ten, so two parallel lines mean a *constant factor*. Look for two things: how far apart are the lines at the
# right end, and below which size does an array's time stop falling?

# %%
import matplotlib.pyplot as plt

sizes = [10, 100, 1_000, 10_000, 100_000, 1_000_000]
lists = [[float(i) for i in range(size)] for size in sizes]
arrays = [np.array(numbers) for numbers in lists]
list_bytes = [list_memory(numbers) for numbers in lists]
array_bytes = [array_memory(array) for array in arrays]
list_seconds = [time_call(add_lists, numbers, numbers) for numbers in lists]
array_seconds = [time_call(np.add, array, array) for array in arrays]

figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.5), layout="constrained")
left.loglog(sizes, list_bytes, "o-", label="list")
left.loglog(sizes, array_bytes, "s-", label="array (float64)")
left.set(title="Memory", xlabel="numbers", ylabel="bytes")
right.loglog(sizes, list_seconds, "o-", label="list: add_lists")
right.loglog(sizes, array_seconds, "s-", label="array: np.add")
right.set(title="Time to add", xlabel="numbers", ylabel="seconds (median of 5)")
for axes in (left, right):
    axes.grid(alpha=0.3)
    axes.legend()
plt.show()

# %% [markdown]
# ### What it costs
# For one number of a million: a list pays 8 bytes for an address and 24 for a float object, the array 8 for the bare
# number. Adding lists follows each address, checks both types and makes a new object; numpy runs one compiled loop over
# neighbouring bytes. Both do $n$ additions: the *work* is equal, the price is not.
#
# The flat part on the left is the price of calling numpy at all, so give it many numbers a call.

# %%
count = sizes[-1]
print(f"list:  {list_bytes[-1] / count:5.1f} bytes and {list_seconds[-1] / count * 1e9:6.2f} ns a number")
print(f"array: {array_bytes[-1] / count:5.1f} bytes and {array_seconds[-1] / count * 1e9:6.2f} ns a number")
more_bytes, more_seconds = list_bytes[-1] / array_bytes[-1], list_seconds[-1] / array_seconds[-1]
print(f"the list takes {more_bytes:.1f} times the memory and {more_seconds:.0f} times the time")

# %% [markdown]
# ## What hurts now
# Slow is one thing. Worse: a list has no shape. Here is a table of numbers as a list of rows. Your `add_lists` takes it
# without complaint. Is the answer right?

# %%
rows = [[1, 2], [3, 4]]
more = [[10, 20], [30, 40]]
print("add_lists:", add_lists(rows, more))
print("numpy:    ", (np.array(rows) + np.array(more)).tolist())

ragged = [[1, 2, 3], [4, 5]]
print("a ragged table has", len(ragged), "rows, of lengths", [len(row) for row in ragged], "- a list does not mind")
try:
    np.array(ragged)
except ValueError as error:
    print("numpy does:", error)

# %% [markdown]
# No error, and a wrong answer: each row was joined, not added. A list cannot know that it should be a table, so nobody
# checks. What you want is an object that holds its numbers side by side *and knows its shape*. You build it next:
# **02 · Tensor**.
#
# ## Hand it in
# Restart the kernel and run every cell (menu *Kernel*), then press *Validate*, then submit from the *Assignment List*.
# Your feedback appears there when it is graded.

# %% [markdown]
# ## Where your library comes from
# Cells that begin with `#| export` are more than exercise. When you submit, yours become your own **`tinytorch_lib`**, and the next
# modules import it: your code, not ours.
#
# - `tito export 01` in a JupyterLab terminal does it now, without submitting.
# - `tito status` shows what is done, what that unlocks and what comes next.
# - A helper function of yours belongs in the solution cell, or in a cell of its own whose first line is `#| export`.
#   Elsewhere the library does not find it.
