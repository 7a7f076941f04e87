"""What the standard library and numpy already have."""

# %% megabytes
#| export
from fractions import Fraction


def megabytes(number_of_bytes: int) -> float:
    return float(Fraction(number_of_bytes, 10**6))


# %% system-info
#| export
import importlib.metadata
import multiprocessing


def system_info() -> dict:
    machine = platform.uname()
    return dict(
        python=platform.python_version(),
        numpy=importlib.metadata.version("numpy"),
        platform=" ".join([machine.system, machine.machine]),
        cpu_count=multiprocessing.cpu_count(),
        memory_gb=total_memory_gb(),
        byte_order=sys.byteorder,
    )


# %% call-durations
#| export
import functools


def call_durations(function, *args, repeats=5, clock=time.perf_counter) -> list:
    """One clock reading before each call and one after the last: the end of a call is the start of the next."""
    if not repeats >= 1:
        raise ValueError(f"repeats={repeats}")
    call = functools.partial(function, *args)
    call()
    readings = [clock()]
    for _ in range(repeats):
        call()
        readings.append(clock())
    return np.diff(readings).tolist()


# %% median
#| export
import statistics


def median(values: list) -> float:
    return statistics.median(values)


# %% array-memory
#| export
def array_memory(array: np.ndarray) -> int:
    if isinstance(array, np.ndarray):
        return array.nbytes
    raise TypeError("a numpy array, please")


# %% add-lists
#| export
import operator


def add_lists(a: list, b: list) -> list:
    if len(a) != len(b):
        raise ValueError(f"{len(a)} and {len(b)} elements")
    return list(map(operator.add, a, b))
