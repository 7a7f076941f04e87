"""Cut differently: helpers, recursion, in-place work on copies."""


# %% megabytes
#| export
def _scaled(amount, exponent):
    return amount * 10.0**exponent


def megabytes(number_of_bytes: int) -> float:
    return _scaled(number_of_bytes, -6)


# %% system-info
#| export
def _versions():
    return {"python": platform.python_version(), "numpy": np.__version__}


def _hardware():
    words = (platform.system(), platform.machine())
    return {"platform": "%s %s" % words, "cpu_count": os.cpu_count(), "memory_gb": total_memory_gb()}


def system_info() -> dict:
    return _versions() | _hardware()


# %% call-durations
#| export
def _each_duration(function, args, repeats, clock):
    for _ in range(repeats):
        start = clock()
        function(*args)
        yield clock() - start


def call_durations(function, *args, repeats=5, clock=time.perf_counter) -> list:
    """The warm-up is timed like the others and thrown away."""
    if repeats < 1:
        raise ValueError(f"repeats must be >= 1, got {repeats}")
    _, *timed = _each_duration(function, args, repeats + 1, clock)
    return timed


# %% median
#| export
def median(values: list) -> float:
    """The same index counted from both ends: one element when the count is odd, two when it is even."""
    try:
        middle = (len(values) - 1) // 2
        ordered = list(values)
        ordered.sort()
        return (ordered[middle] + ordered[~middle]) / 2
    except IndexError:
        raise ValueError("the median of nothing") from None


# %% array-memory
#| export
def array_memory(array: np.ndarray) -> int:
    """Make the copy that the view is counted as, and count its bytes."""
    if not isinstance(array, np.ndarray):
        raise TypeError(type(array).__name__)
    return len(array.tobytes())


# %% add-lists
#| export
def add_lists(a: list, b: list) -> list:
    result = a[:]
    for i, (x, y) in enumerate(zip(a, b, strict=True)):
        result[i] = x + y
    return result
