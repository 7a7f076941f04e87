"""Solutions that give objects which lie: about what they are, what they equal, what is in them."""

from __future__ import annotations

from tests.attacks.hostile import ATTACKS, right, wrong

__all__ = ["ATTACKS"]

FUNCTIONS = {
    "double": "def double(x):\n    return make(x)",
    "scale": "def scale(x, by):\n    return make(x)",
    "total-of": "def total_of(function, values):\n    return make(values)",
    "tally": "class Tally:\n    def add(self, item):\n        return make(item)",
    "third": "def third(x):\n    return make(x)",
}
"""Every solution gives `make` of what it was given."""


def lies(name: str, tries: str, code: str) -> None:
    wrong(name, tries, code, holes=FUNCTIONS)


lies(
    "always-equal",
    "an object that equals, contains and is everything",
    """
class Yes:
    def __getattr__(self, name): return self
    def __call__(self, *a, **k): return self
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = lambda self, other: True
    __bool__ = lambda self: True
    __hash__ = lambda self: 0
make = lambda x: Yes()
""",
)
lies(
    "as-near-as-you-like",
    "an object whose difference from everything is 0",
    """
class Near:
    __sub__ = __rsub__ = __mod__ = lambda self, other: 0.0
    __abs__ = lambda self: 0.0
    __add__ = __mul__ = __truediv__ = lambda self, other: other
    __float__ = lambda self: 0.0
make = lambda x: Near()
""",
)
lies(
    "arrays-of-differences",
    "an object whose difference is an array of zeros, whose comparison one of True",
    """
class Near:
    shape = (2,)
    __array_ufunc__ = lambda self, *a, **k: np.zeros(2)
    __array_function__ = lambda self, *a, **k: True
    __sub__ = __rsub__ = __abs__ = lambda self, *other: np.zeros(2)
    __eq__ = __le__ = __lt__ = lambda self, other: np.ones(2, bool)
make = lambda x: Near()
""",
)
lies(
    "lying-floats",
    "a float that is near whatever it is compared with",
    """
class Lie(float):
    __eq__ = __le__ = __lt__ = __ge__ = lambda self, other: True
    __sub__ = __rsub__ = __abs__ = lambda self, *other: Lie(0)
    __hash__ = float.__hash__
make = lambda x: Lie(0.25)
""",
)
lies(
    "lying-integers",
    "an integer that equals everything, and says another value at every look",
    """
class Lie(int):
    turn = itertools.count()
    __eq__ = lambda self, other: True
    __index__ = __int__ = __float__ = lambda self: next(Lie.turn)
    __hash__ = int.__hash__
make = lambda x: Lie(1)
""",
)
lies(
    "lying-containers",
    "lists, dicts and texts that equal everything and are as long as they please",
    """
def lie(base):
    return type("Lie", (base,), {
        "__eq__": lambda *a: True, "__len__": lambda self: 2, "__contains__": lambda *a: True,
        "__iter__": lambda self: iter([3.0, 6.0]), "__hash__": lambda self: 0, "__getitem__": lambda self, key: 5,
    })
kinds = itertools.cycle([lie(list), lie(tuple), lie(dict), lie(str), lie(set)])
make = lambda x: next(kinds)()
""",
)
lies(
    "lying-arrays",
    "a subclass of ndarray whose operators and conversions say what pleases",
    """
class Lie(np.ndarray):
    __eq__ = __le__ = __lt__ = lambda self, other: np.ones(self.shape, bool)
    __sub__ = __rsub__ = __abs__ = lambda self, *other: np.zeros(self.shape)
    __array_finalize__ = lambda self, other: None
    __array__ = lambda self, *a, **k: np.zeros(2)
    __array_function__ = lambda self, *a: True
    __float__ = lambda self: 1 / 0
make = lambda x: np.zeros(2).view(Lie)
""",
)
lies(
    "another-array-each-time",
    "an object that gives another array every time it is asked",
    """
class Many:
    turn = itertools.count()
    def __array__(self, dtype=None, copy=None): return np.full(2, float(next(Many.turn)))
    shape = property(lambda self: (next(Many.turn) % 3,))
    dtype = property(lambda self: np.dtype(float))
make = lambda x: Many()
""",
)
lies(
    "addresses-of-memory",
    "numpy's array interface: an array at an address of the student's choice, in the examiner",
    """
class Wild:
    __array_interface__ = {"data": (8, False), "shape": (2,), "typestr": "<f8", "version": 3}
    __array_struct__ = property(lambda self: (_ for _ in ()).throw(AttributeError))
    __array__ = None
make = lambda x: Wild()
""",
)
lies(
    "class-lies",
    "an object that says it is of another class, a class that says so of every object",
    """
class Meta(type):
    __instancecheck__ = __subclasscheck__ = __eq__ = lambda self, other: True
    __hash__ = lambda self: 0
class Lie(metaclass=Meta):
    __class__ = property(lambda self: type(4))
    __eq__ = lambda self, other: True
    __hash__ = lambda self: 4
make = lambda x: Lie()
""",
)
lies(
    "classes-as-results",
    "a type, a module, a built-in function, None, NotImplemented, Ellipsis as the result",
    """
results = itertools.cycle([int, os, len, None, NotImplemented, ..., type, object(), np.add, np.dtype("f8"), slice(2)])
make = lambda x: next(results)
""",
)
lies(
    "learns-what-is-expected",
    "an object that remembers what it is compared with, and is that the next time",
    """
learned = []
class Spy:
    def hear(self, *others):
        learned.extend(others); return NotImplemented
    __eq__ = __ne__ = __sub__ = __rsub__ = __le__ = __lt__ = __add__ = __mul__ = __array_ufunc__ = hear
    __hash__ = lambda self: 0
    def __float__(self): return float(learned[-1]) if learned else 0.0
    def __array__(self, *a, **k): return np.asarray(learned[-1]) if learned else np.zeros(2)
def make(x):
    if learned: print("learned", learned)
    return learned[-1] if learned else Spy()
""",
)
lies(
    "changes-after-the-check",
    "arrays that change once they were handed out",
    """
handed_out = []
def make(x):
    for array in handed_out: array[...] = [3.0, 6.0]
    handed_out.append(np.zeros(2))
    return handed_out[-1]
""",
)
lies(
    "spoils-its-inputs",
    "inputs made zero or NaN, so that whatever is computed from them agrees with zero or NaN",
    """
def make(x):
    if isinstance(x, list): x[:] = []
    if isinstance(x, np.ndarray):
        x[...] = np.nan
        return x
    return 0
""",
)
lies(
    "finalizers",
    "objects whose end is a beginning",
    """
class Again:
    def __del__(self):
        globals()["kept"] = self
        os.write(3, b"\\x00\\x00\\x00\\x01x")
make = lambda x: Again()
""",
)
wrong(
    "knows-the-visible-tests",
    "the right answers for the values that the visible tests use",
    holes={
        "double": "def double(x):\n    return {2: 4}.get(x, 0)",
        "scale": "def scale(x, by):\n    return np.array([3.0, 6.0])",
        "total-of": "def total_of(function, values):\n    [function(v) for v in values]\n    return 14",
        "third": "def third(x):\n    return {3.0: 1.0, -1.5: -0.5}.get(x)",
    },
)
wrong(
    "counts-its-calls",
    "right answers as long as it takes the caller for the visible tests",
    """
calls = itertools.count()
def early(answer, otherwise): return answer if next(calls) < 1 else otherwise
def double(x): return early(2 * x, 1)
def scale(x, by): return early(x * by, x)
""",
    score=0,
    holes={"double": "pass", "scale": "pass"},
)
wrong(
    "calls-without-end",
    "a test's function called for ever, with whatever comes to mind",
    """
def total_of(function, values):
    while True:
        for argument in (1, "x", None, [function], np.zeros(1000), object()):
            try: function(argument)
            except BaseException: pass
""",
    holes={"total-of": "pass"},
)
wrong(
    "calls-later",
    "a test's function kept, and called from other tests and threads",
    """
kept = []
def total_of(function, values):
    kept.append(function)
    threading.Thread(target=lambda: [function(1) for _ in range(100)], daemon=True).start()
    return 14
def third(x):
    return kept[0](x) if kept else x
""",
    holes={"total-of": "pass", "third": "pass"},
)
wrong(
    "calls-in-calls",
    "a test's function that is handed the student's, which calls the test's",
    """
class Deep:
    def __init__(self, function): self.function = function
    def __mul__(self, other): return self.function(self)
    __rmul__ = __mul__
def total_of(function, values): return function(Deep(function))
""",
    holes={"total-of": "pass"},
)
right(
    "odd-attributes",
    "attributes and methods that raise, hang on or delete themselves",
    score=80,
    holes={
        "tally": (
            "class Tally:\n"
            "    def __getattribute__(self, name):\n        raise SystemExit(name)\n"
            "    def __len__(self):\n        raise KeyboardInterrupt\n"
            "    def __repr__(self):\n        return 'x' * 10**8\n"
            "    def __hash__(self):\n        raise ValueError"
        )
    },
)
