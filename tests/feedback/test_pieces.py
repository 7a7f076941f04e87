"""The small parts: text made visible, code in pieces, messages taken apart, reports read with care."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.feedback.made_up import NUMPY, report, submission
from tito.feedback.highlight import highlighted
from tito.feedback.message import Message, take_apart
from tito.feedback.result import read_result
from tito.feedback.sections import Sections
from tito.feedback.text import shown, visible
from tito.grading.result import METADATA_KEY, Blame, CellReport


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain\ttext\nof two lines", "plain\ttext\nof two lines"),
        ("a\r\nb\rc", "a\nb␍c"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b[2Jcleared", "␛[2Jcleared"),
        ("nul \x00, delete \x7f, next line \x85", "nul ␀, delete ␡, next line ⟨U+0085⟩"),
        ("access\u202enimda\u202c", "access⟨U+202E⟩nimda⟨U+202C⟩"),
        ("zero\u200bwidth, \ufeff, \u2028", "zero⟨U+200B⟩width, ⟨U+FEFF⟩, ⟨U+2028⟩"),
        ("half a pair \ud800", "half a pair ⟨U+D800⟩"),
        ("Ünïcödé, 数, ✓", "Ünïcödé, 数, ✓"),
    ],
)
def test_every_character_can_be_seen(text: str, expected: str) -> None:
    assert visible(text) == expected


@given(st.text(st.characters()))
def test_what_is_shown_can_be_written_to_a_file(text: str) -> None:
    shown(text).encode()


def test_long_text_says_that_it_was_cut() -> None:
    assert shown("x" * 10, 10) == "x" * 10
    assert shown("x" * 11, 10) == "x" * 10 + "\n[1 more characters are not shown]"
    assert shown("x\n" * 1000 + "x", 5000, 3) == "x\nx\nx\n[1,996 more characters are not shown]"


@given(st.text() | st.text("'\"#()[]{}\\ \n\tdefclass1@f"))
def test_the_pieces_of_code_are_the_code(source: str) -> None:
    assert "".join(text for _, text in highlighted(source)) == source


def test_code_is_coloured() -> None:
    assert ("kw", "def") in highlighted("def f(): return 'x'  # why")
    assert ("cm", "# why") in highlighted("def f(): return 'x'  # why")


def numpy_says(compare: Any, got: object, expected: object, message: str) -> str:
    with pytest.raises(AssertionError) as caught:
        compare(got, expected, err_msg=message)
    return str(caught.value)


@pytest.mark.parametrize(
    ("compare", "got", "expected"),
    [
        (np.testing.assert_allclose, [1.0, 2.0], [1.0, 3.0]),
        (np.testing.assert_allclose, [1.0, 2.0], [1.0, 3.0, 4.0]),
        (np.testing.assert_array_equal, np.zeros((3, 3)), np.ones((3, 3))),
        (np.testing.assert_equal, 1, 2),
        (np.testing.assert_almost_equal, 1.0, 2.0),
    ],
)
def test_numpys_report_is_taken_apart(compare: Any, got: object, expected: object) -> None:
    found = take_apart(numpy_says(compare, got, expected, "Look at the sign.\nReread 6.2."))
    assert found.hint.startswith("Look at the sign.\nReread 6.2.")
    assert "Mismatched" not in found.hint
    assert "difference" not in found.hint
    assert "ACTUAL" not in found.hint
    assert str(np.asarray(got).flat[0]).rstrip("0") in found.got
    assert str(np.asarray(expected).flat[0]).rstrip("0") in found.expected


def test_other_words_stay_together() -> None:
    text = "The mean should be 2, but is 3.\nIs it divided by n (6.2)?"
    assert take_apart(text) == Message(text)


@given(st.text())
def test_any_message_can_be_taken_apart(text: str) -> None:
    assert take_apart(text).hint in text
    assert take_apart(NUMPY + text).expected.startswith("array([ 0.15, -3.7])")


@pytest.mark.parametrize(
    ("number", "found"),
    [
        ("6.2", ("6.2 Momentum", "06_optimizers")),
        ("4.1", ("4.1", "04_layers")),
        ("", ("6.3 Adam", "06_optimizers")),
        ("6.0", ("6.3 Adam", "06_optimizers")),
        ("99.1", ("6.3 Adam", "06_optimizers")),
        ("<b>", ("6.3 Adam", "06_optimizers")),
    ],
)
def test_a_test_leads_to_a_section_that_exists(number: str, found: tuple[str, str]) -> None:
    headings = ["## 6.2 Momentum — yours (25 points)", "Text\n### 6.3 Adam\nMore", "## Not a section"]
    cells = [{"cell_type": "markdown", "source": text, "metadata": {}} for text in headings]
    test = {"cell_type": "code", "source": "", "metadata": {"nbgrader": {"grade_id": "test-adam"}}}
    assert Sections([*cells, test]).find(number, "test-adam") == found
    assert Sections([test]).find("6.0", "test-adam") == ("6.0", "06_optimizers")


RESULT = submission(
    report(blame=Blame("03_activations", ("test-relu",))),
    cells=[CellReport("free-1", "failed", error="NameError: x")],
    findings=("The cell `a` was missing.",),
    timings={"read": 0.5},
)


def test_a_sound_report_is_read() -> None:
    assert read_result({METADATA_KEY: RESULT.as_json()}) == (RESULT, "")


def test_what_differs_from_run_to_run_may_be_left_out() -> None:
    found = {key: value for key, value in RESULT.as_json().items() if key not in ("timings", "peak_memory", "backend")}
    assert read_result({METADATA_KEY: found}) == (replace(RESULT, backend="", timings={}), "")


def damaged() -> list[Any]:
    whole = RESULT.as_json()
    test = dict(whole["tests"][0])
    return [
        None,
        [],
        "text",
        {},
        whole | {"tests": None},
        whole | {"tests": ["text"]},
        whole | {"tests": [test | {"points": "25"}]},
        whole | {"tests": [test | {"earned": float("nan")}]},
        whole | {"tests": [test | {"blame": "03_activations"}]},
        whole | {"tests": [test | {"blame": {"module": 3, "tests": []}}]},
        whole | {"tests": [test | {"surprise": 1}]},
        whole | {"cells": [{"id": 1, "status": "failed"}]},
        whole | {"findings": [1]},
        whole | {"timings": {"read": "long"}},
        whole | {"surprise": 1},
    ]


@pytest.mark.parametrize("found", damaged())
def test_a_damaged_report_is_none(found: Any) -> None:
    result, why = read_result({METADATA_KEY: found})
    assert result is None
    assert "damaged" in why
