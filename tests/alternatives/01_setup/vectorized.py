"""Arrays wherever they fit."""


# %% call-durations
#| export
def call_durations(function, *args, repeats=5, clock=time.perf_counter) -> list:
    if repeats < 1:
        raise ValueError(f"repeats must be at least 1, got {repeats}")
    before, after = np.zeros(repeats + 1), np.zeros(repeats + 1)
    for i in range(repeats + 1):
        before[i] = clock()
        function(*args)
        after[i] = clock()
    return list((after - before)[1:])


# %% median
#| export
def median(values: list) -> float:
    if np.size(values) == 0:
        raise ValueError("no values")
    return float(np.median(values))


# %% array-memory
#| export
import math


def array_memory(array: np.ndarray) -> int:
    if not isinstance(array, np.ndarray):
        raise TypeError(f"array must be a numpy array, got {array!r}")
    return math.prod(array.shape) * np.dtype(array.dtype).itemsize


# %% add-lists
#| export
def add_lists(a: list, b: list) -> list:
    """Objects, so that integers of any size stay exact."""
    if len(a) != len(b):
        raise ValueError(f"lengths {len(a)} and {len(b)} differ")
    return (np.array(a, dtype=object) + np.array(b, dtype=object)).tolist()
