"""No locked test is fooled by solutions that spoil what they are given, so that wrong and expected results agree.

A test that computes what it expects from an array that the student's code had in hand may be told anything: zeros from
zeros, NaN from NaN. Here every solution of a module does that at once, or gives an object that agrees with everything.
"""

from __future__ import annotations

import re

import pytest

from tests.examiner.test_same_verdicts import LABELS, ROOT, cells_of, passed_in_split
from tito.examiner.examination import ExamCell
from tito.library.build import reference_files

TRICK = """
def __trick__(names, how, inputs):
    import functools, types
    import numpy as np

    spoil = {"zero": 0.0, "nan": float("nan")}.get(how)

    class Agrees:
        __getattr__ = __getitem__ = __call__ = lambda self, *a, **k: Agrees()
        __iter__ = lambda self: iter(())
        __len__ = __int__ = __index__ = __hash__ = lambda self: 0
        __float__ = __abs__ = __neg__ = lambda self: 0.0
        __sub__ = __rsub__ = __mod__ = lambda self, other: 0.0
        __add__ = __radd__ = __mul__ = __rmul__ = __truediv__ = __matmul__ = lambda self, other: other
        __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = lambda self, other: True
        __bool__ = lambda self: True
        __str__ = lambda self: ""

    def arrays(thing, depth=0):
        if isinstance(thing, np.ndarray):
            yield thing
        elif depth < 4 and isinstance(thing, (list, tuple, dict)):
            for part in thing.values() if isinstance(thing, dict) else thing:
                yield from arrays(part, depth + 1)
        elif depth < 4 and hasattr(thing, "__dict__") and not isinstance(thing, (type, types.FunctionType)):
            for part in list(vars(thing).values()):
                yield from arrays(part, depth + 1)

    def spoilt(thing):
        if isinstance(thing, float):
            return type(thing)(spoil)
        thing = np.array(thing) if isinstance(thing, np.ndarray) else thing
        for array in arrays(thing):
            if array.flags.writeable and array.dtype.kind in "fc":
                array[...] = spoil
            elif array.flags.writeable and array.dtype.kind in "biu":
                array[...] = 0
        return thing

    def tricky(function):
        @functools.wraps(function)
        def trick(*a, **k):
            if how == "agree":
                return Agrees()
            result = spoilt(function(*a, **k))
            if inputs:
                spoilt([*a, k])
            return result

        return trick

    for name in names:
        found = globals().get(name)
        if isinstance(found, types.FunctionType):
            globals()[name] = tricky(found)
        elif isinstance(found, type):
            for method, function in list(vars(found).items()):
                if isinstance(function, types.FunctionType) and not re.match("__(init|repr|.etattr|.*slots)", method):
                    setattr(found, method, tricky(function))
"""
"""Goes before each solution; `__trick__` after it."""


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return {str(path.relative_to("tinytorch_lib")): text for path, text in reference_files(ROOT).items()}


def passed(label: str, files: dict[str, str], how: str, inputs: bool) -> set[str]:
    """The tests that pass when every solution of the module plays the trick `how`."""
    cells = cells_of(label)
    sources = {}
    for cell in cells:
        names = re.findall(r"^(?:def|class)\s+(\w+)", cell.source, re.MULTILINE)
        if cell.kind == "room" and names:
            sources[cell.id] = f"import re\n{TRICK}\n{cell.source}\n__trick__({names!r}, {how!r}, {inputs})\n"
    return passed_in_split(cells, files, sources)


@pytest.mark.parametrize("how", ["zero", "nan"])
@pytest.mark.parametrize("label", LABELS)
def test_spoilt_inputs_earn_nothing(label: str, how: str, files: dict[str, str]) -> None:
    assert passed(label, files, how, inputs=True) <= passed(label, files, how, inputs=False)


@pytest.mark.parametrize("label", LABELS)
def test_an_object_that_agrees_with_everything_earns_nothing(label: str, files: dict[str, str]) -> None:
    assert passed(label, files, "agree", inputs=False) == set()


@pytest.mark.parametrize("how", ["zero", "nan"])
def test_the_trick_works_where_a_test_is_careless(how: str) -> None:
    source = f"import re\n{TRICK}\ndef twice(x):\n    return 2 * x\n__trick__(['twice'], {how!r}, True)"
    careless = "import numpy as np\nx = np.ones(3)\nnp.testing.assert_array_equal(twice(x), 2 * x)"
    cells = [ExamCell("twice", source, "room"), ExamCell("careless", careless, "test")]
    assert passed_in_split(cells, {}, {}) == {"careless"}
