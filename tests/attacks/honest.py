"""Right code with every oddity that students' notebooks have: none may cost a point."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from tests.attacks import course as small
from tests.attacks.course import RIGHT
from tito.course import Course
from tito.grading.worker import GradingWorker

__all__ = ["HABITS", "LABEL", "Habit", "loses_nothing"]

LABEL = "01_setup"


@dataclass(frozen=True)
class Habit:
    name: str
    first: str = ""
    """A cell of the student's own before the holes."""
    holes: dict[str, str] = field(default_factory=dict)
    last: str = ""
    says: str = ""
    """What the graded notebook must show of it."""


HABITS: list[Habit] = []


def habit(name: str, first: str = "", says: str = "", last: str = "", **holes: str) -> None:
    named = {key.replace("_", "-"): code for key, code in holes.items()}
    HABITS.append(Habit(name, first, {**RIGHT, **named}, last, says))


habit(
    "prints-to-stderr",
    "import sys\nprint('to stderr', file=sys.stderr)",
    "to stderr",
    double="import sys\ndef double(x):\n    print('hm', file=sys.stderr)\n    return 2 * x",
)
habit(
    "numpy-warnings",
    double="import numpy\ndef double(x):\n    numpy.float64(1) / numpy.float64(0)\n    numpy.log(numpy.zeros(3))\n    return 2 * x",
)
habit(
    "python-warnings",
    "import warnings\nwarnings.warn('old')",
    third="import warnings\ndef third(x):\n    warnings.warn('old', DeprecationWarning)\n    return x / 3",
)
habit("warnings-as-errors", "import warnings\nwarnings.simplefilter('error')\nnp.seterr(all='raise')")
habit(
    "logging",
    "import logging\nlogging.basicConfig(level=logging.DEBUG)\nlogging.info('noted')",
    "noted",
    double="import logging\ndef double(x):\n    logging.getLogger('me').warning('doubling %s', x)\n    return 2 * x",
)
habit("bare-expressions", "0.25\n'text'\nnp.arange(3)", last="double(3)\nTally()\n_ = 7\n100")
habit(
    "plots",
    "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nplt.gcf()\nfig, ax = plt.subplots()\nfig.savefig('plot.png')\nax",
)
habit(
    "magics",
    "%load_ext autoreload\n%autoreload 2\n%time 1 + 1\n!ls -la\n%timeit -n 1 -r 1 pass\nnp.array?",
    last="files = !ls\n%%time\n1",
)
habit("cell-magic", "%%time\nvalue = 1", last="%%bash\necho hello")
habit(
    "get-ipython",
    "get_ipython().run_line_magic('matplotlib', 'inline')\nfrom IPython.display import display, HTML, clear_output, Markdown\ndisplay(HTML('<b>x</b>'), np.zeros(2))\nclear_output()",
)
habit("top-level-await", "import asyncio\nasync def f():\n    return 1\nasyncio.run(f())")
habit(
    "helpers-of-ones-own",
    "def helper(x):\n    return x + x\nFACTOR = 2",
    double="def double(x):\n    return helper(x) * FACTOR / 2",
)
habit(
    "helpers-in-the-same-cell",
    double="import functools, operator\nFACTOR = 2\n\n\nclass Times:\n    def __init__(self, by):\n        self.by = by\n\n    def __call__(self, x):\n        return x * self.by\n\n\ndouble = Times(FACTOR)",
)
habit(
    "unicode",
    "größe = 2\nπ = 3.14\nprint('日本語 🎉  ñ')",
    "日本語",
    double="def double(Δ):\n    'Verdopple — ja!'\n    return größe * Δ",
)
habit("slow-but-right", double="import time\ndef double(x):\n    time.sleep(0.3)\n    return 2 * x")
habit("input-left-behind", "try:\n    name = input('Your name? ')\nexcept EOFError:\n    name = ''")
habit("input-that-fails", "name = input('Your name? ')\nprint(name)")
habit(
    "threads-left-running",
    "import threading, time\nthreading.Thread(target=time.sleep, args=(30,)).start()\nt = threading.Timer(30, print)\nt.start()",
)
habit(
    "processes",
    "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(2) as pool:\n    print(list(pool.map(abs, [-1, 2])))",
    "[1, 2]",
)
habit("seeds", "import random\nnp.random.seed(0)\nrandom.seed(0)\nrng = np.random.default_rng(0)")
habit(
    "progress-bar",
    "import sys, time\nfor i in range(200):\n    print(f'\\r{i:3d}/200 |' + '█' * (i // 10), end='', flush=True, file=sys.stderr)",
)
habit(
    "catches-everything",
    double="def double(x):\n    try:\n        raise KeyboardInterrupt\n    except BaseException:\n        return 2 * x\n    finally:\n        pass",
)
habit("a-failing-cell-between", "raise ValueError('an experiment')", "an experiment", last="1 / 0")
habit("a-cell-with-a-syntax-error", "def f(:\n    pass", last="this is no python")
habit("a-failing-solution", "", third="def third(x):\n    return x / 3\nthird('x')")
habit("changed-recursion-limit", "import sys\nsys.setrecursionlimit(100_000)")
habit(
    "np-float",
    double="import numpy\ndef double(x):\n    return numpy.float64(2) * x",
    third="import numpy\ndef third(x):\n    return numpy.float64(x) / 3",
    total_of="import numpy\ndef total_of(function, values):\n    return numpy.sum([function(v) for v in values])",
)
habit(
    "float-subclass",
    third="class Number(float):\n    pass\n\n\ndef third(x):\n    return Number(x / 3)",
    double="class Whole(int):\n    __slots__ = ()\n\n\ndef double(x):\n    return Whole(2 * x) if isinstance(x, int) else 2 * x",
)
habit("fractions", third="from fractions import Fraction\ndef third(x):\n    return float(Fraction(x) / 3)")
habit(
    "zero-d-arrays",
    double="import numpy\ndef double(x):\n    return numpy.asarray(2 * x)",
    third="import numpy\ndef third(x):\n    return numpy.array(x) / 3",
)
habit(
    "lists-for-arrays",
    scale="def scale(x, by):\n    return [[v * by for v in row] for row in x] if x.ndim == 2 else [v * by for v in x]",
)
habit("transposed-arrays", scale="import numpy\ndef scale(x, by):\n    return numpy.asfortranarray(x * by)[::-1][::-1]")
habit("in-place", scale="def scale(x, by):\n    x *= by\n    return x")
habit(
    "lambdas",
    double="double = lambda x: 2 * x",
    third="third = lambda x, by=3: x / by",
    total_of="total_of = lambda f, v: sum(map(f, v))",
)
habit(
    "closures-and-partials",
    double="import functools\ndef make(by):\n    def times(x):\n        return by * x\n    return times\ndouble = make(2)",
    third="import functools\ndef divide(by, x):\n    return x / by\nthird = functools.partial(divide, 3)",
)
habit(
    "decorators",
    double="import functools\ndef noisy(f):\n    @functools.wraps(f)\n    def g(*a, **k):\n        print('calling', f.__name__)\n        return f(*a, **k)\n    return g\n@noisy\n@functools.lru_cache(maxsize=None)\ndef double(x):\n    return 2 * x",
)
habit(
    "generators",
    total_of="def squares(function, values):\n    for value in values:\n        yield function(value)\ndef total_of(function, values):\n    return sum(squares(function, values))",
)
habit(
    "dataclass",
    tally="from dataclasses import dataclass, field\n@dataclass\nclass Tally:\n    items: list = field(default_factory=list)\n    def add(self, item):\n        self.items.append(item)\n        return self\n    def __len__(self):\n        return len(self.items)\n    @property\n    def total(self):\n        return sum(self.items)",
)
habit(
    "slots",
    tally="class Tally:\n    __slots__ = ('items',)\n    def __init__(self):\n        self.items = ()\n    def add(self, item):\n        self.items = (*self.items, item)\n        return self\n    def __len__(self):\n        return len(self.items)\n    total = property(lambda self: sum(self.items))",
)
habit(
    "list-subclass",
    tally="class Tally(list):\n    def add(self, item):\n        self.append(item)\n        return self\n    @property\n    def items(self):\n        return self\n    @property\n    def total(self):\n        return sum(self)",
)
habit(
    "immutable-objects",
    tally="from typing import NamedTuple\nclass Tally(NamedTuple):\n    items: tuple = ()\n    def add(self, item):\n        return Tally((*self.items, item))\n    def __len__(self):\n        return len(self.items)\n    @property\n    def total(self):\n        return sum(self.items)",
)
habit(
    "metaclasses",
    tally="import abc\nclass Base(abc.ABC):\n    @abc.abstractmethod\n    def add(self, item): ...\nclass Tally(Base):\n    def __init__(self): self.items = []\n    def add(self, item): self.items.append(item); return self\n    def __len__(self): return len(self.items)\n    def __getattr__(self, name):\n        if name == 'total': return sum(self.items)\n        raise AttributeError(name)",
)
habit(
    "iterators-for-lists",
    tally=RIGHT["tally"]
    .replace("self.items = []", "self._items = []")
    .replace("self.items.append", "self._items.append")
    .replace("len(self.items)", "len(self._items)")
    .replace("sum(self.items)", "sum(self._items)")
    + "\n    @property\n    def items(self):\n        return iter(self._items)",
)
habit("del-and-redefine", "double = None\ndel double\nabs_ = abs", last="del np, math")
habit(
    "shadowed-builtins",
    "list = [1, 2]\nsum_ = sum\nlen_ = len\nid = 5\ninput = None",
    last="abs = lambda x: x\nprint = None",
)
habit(
    "annotations",
    double="from __future__ import annotations\ndef double(x: Undefined | None) -> AlsoUndefined:\n    return 2 * x",
)
habit(
    "type-hints",
    double="from typing import TypeVar\nT = TypeVar('T', int, float)\ndef double(x: T) -> T:\n    return x + x",
)
habit(
    "os-and-files",
    "import os, pathlib, tempfile\npathlib.Path('notes.txt').write_text('mine')\nos.makedirs('data', exist_ok=True)\nos.chdir('data')\nos.environ['X'] = '1'\nprint(tempfile.mkdtemp())",
)
habit("tabs-and-blank-lines", double="\n\n\ndef double(x):\n\n\treturn 2 * x   \n\n\n")
habit("carriage-returns", double="def double(x):\r\n    return 2 * x\r\n")
habit(
    "star-imports",
    "from math import *\nfrom numpy import *\nimport builtins\nabs = builtins.abs; sum = builtins.sum; pow = builtins.pow",
)
habit("main-guard", last="if __name__ == '__main__':\n    print('in main', double(4))", says="in main 8")
habit(
    "pickles-and-copies",
    last="import copy, pickle\nprint(pickle.loads(pickle.dumps(Tally().add(1))).total, copy.deepcopy(Tally().add(2)).total)",
    says="1 2",
)
habit(
    "asserts-of-ones-own",
    last="assert double(3) == 6\nnp.testing.assert_allclose(scale(np.ones(2), 2), [2, 2])\nimport doctest\ndoctest.testmod()",
)
habit("much-output", "for i in range(20000):\n    print('a line of a training loop', i)")
habit("big-arrays", "big = np.zeros((2000, 2000))\nbig @ big[:, :10]")
habit(
    "odd-floats",
    third="import numpy\ndef third(x):\n    return numpy.longdouble(x) / 3",
    double="import numpy\ndef double(x):\n    return numpy.longdouble(2) * x",
)
habit(
    "masked-arrays",
    scale="import numpy\ndef scale(x, by):\n    return numpy.ma.masked_array(x * by)",
    third="import numpy\nclass Mine(numpy.ndarray):\n    pass\n\n\ndef third(x):\n    return (numpy.array(x) / 3).view(Mine)",
)


def loses_nothing(course: Course, worker: GradingWorker, habit: Habit) -> None:
    """Right code with this habit gets every point, what it says is shown, and a file can hold it."""
    notebook = small.notebook_with(course, habit.holes, habit.first, habit.last)
    small.hand_in(course, habit.name, LABEL, notebook)
    graded = worker.grade(small.job_of(course, habit.name, LABEL))
    lost = [
        (test.id, test.status, test.error, test.message, test.traceback) for test in graded.tests if not test.earned
    ]
    assert graded.earned == 100, lost
    assert habit.says in json.dumps(graded.as_json(), ensure_ascii=False)
    json.dumps(graded.as_json(), ensure_ascii=False).encode()
