"""A source that was changed after its assignment was generated: told, before anything goes wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tiny import code, make_course, metadata, notebook, setup_source
from tito import gradebook
from tito.errors import ToolError

LABEL = "01_setup"
EXTRA = f"\n\n{metadata('added-later')}\nlater = 1\n"


def test_a_cell_added_later_is_told_and_generating_again_helps(tmp_path: Path) -> None:
    course = make_course(tmp_path)
    folder = course.root / "submitted" / "ada" / LABEL
    folder.mkdir(parents=True)
    answer = "#| export\ndef double_1(x):\n    return x + x"
    (folder / f"{LABEL}.ipynb").write_text(notebook(code(answer, "double-1", solution=True)))
    source = course.root / "source" / f"{LABEL}.py"
    source.write_text(setup_source() + EXTRA, encoding="utf-8")
    with pytest.raises(ToolError, match=r"\(added-later\); take that back, or run `tito release 01_setup`"):
        gradebook.grade(course, LABEL, "ada")
    gradebook.generate(course, LABEL)
    gradebook.grade(course, LABEL, "ada")
    (score,) = gradebook.scores(course, LABEL)
    assert score.points == 20
