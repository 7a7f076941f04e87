"""Plain loops and nothing from the library that saves a line."""


# %% megabytes
#| export
def megabytes(number_of_bytes: int) -> float:
    kilobytes = number_of_bytes / 1000
    return kilobytes / 1000


# %% system-info
#| export
def system_info() -> dict:
    info = {}
    info["python"] = ".".join(str(part) for part in sys.version_info[:3])
    info["numpy"] = np.version.version
    machine = os.uname()
    info["platform"] = machine.sysname + " " + machine.machine
    info["cpu_count"] = os.cpu_count()
    info["memory_gb"] = os.sysconf("SC_PAGE_SIZE") / 1e9 * os.sysconf("SC_PHYS_PAGES")
    return info


# %% call-durations
#| export
def call_durations(function, *args, repeats=5, clock=time.perf_counter) -> list:
    if repeats <= 0:
        raise ValueError("repeats must be positive: " + str(repeats))
    function(*args)
    durations = []
    while len(durations) < repeats:
        before = clock()
        function(*args)
        after = clock()
        durations.append(after - before)
    return durations


# %% median
#| export
def median(values: list) -> float:
    """Take away the smallest and the largest until one or two are left."""
    if len(values) == 0:
        raise ValueError("no values")
    left = list(values)
    while len(left) > 2:
        left.remove(min(left))
        left.remove(max(left))
    return sum(left) / len(left)


# %% array-memory
#| export
def array_memory(array: np.ndarray) -> int:
    if not isinstance(array, np.ndarray):
        raise TypeError(f"not an array: {array!r}")
    count = 1
    for length in array.shape:
        count *= length
    return count * array.dtype.itemsize


# %% add-lists
#| export
def add_lists(a: list, b: list) -> list:
    if len(a) > len(b) or len(b) > len(a):
        raise ValueError("lengths differ")
    result = []
    for i in range(len(a)):
        result.append(a[i] + b[i])
    return result
