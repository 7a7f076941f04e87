"""Each rule of `tito check` must be able to fail: break one thing at a time in a tiny course and read what is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tiny import CHECKOUT, make_checkout, metadata, setup_source
from tito.checks import (
    all_problems,
    clashing_names,
    forbidden_imports,
    leaks,
    source_problems,
    stale_library,
    stale_release,
)
from tito.checks.generated import release_files
from tito.checks.release import secret_lines
from tito.library import build_reference


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny checkout in which everything is up to date."""
    checkout = make_checkout(tmp_path_factory.mktemp("tiny") / "checkout")
    build_reference(checkout)
    for name, data in release_files(checkout).items():
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_bytes(data)
    return checkout


def test_a_course_in_order_has_no_problems(built: Path) -> None:
    assert all_problems(built) == []


def test_checking_writes_nothing(built: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in built.rglob("*") if path.is_file()}
    all_problems(built)
    assert {path: path.stat().st_mtime_ns for path in built.rglob("*") if path.is_file()} == before


def test_releasing_is_the_same_every_time(built: Path) -> None:
    assert release_files(built) == release_files(built)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"points": 20', '"points": 19', "points sum to 95"),
        ("#| default_exp core.setup", "#| default_exp core.tensor", "default_exp is 'core.tensor'"),
        ('"schema_version": 3', '"schema_version": 2', "schema_version is 2"),
        ('"task": false}', '"task": false, "weight": 2}', "metadata keys"),
        ('"grade_id": "double-1"', '"grade_id": "Double_1"', "grade_id must be lower-case"),
        ("    ### BEGIN SOLUTION\n", "", "solution flag and BEGIN SOLUTION"),
        ("🔬 ", "", "prints its two lines"),
        ("def test_double_1", "#| export\ndef test_double_1", "a graded cell is not exported"),
        ("# ---\n\n", "# ---\n\n\n\n", "not normalised"),
    ],
)
def test_a_broken_rule_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    source = setup_source()
    assert old in source
    count = -1 if "points" in old or "SOLUTION" in old or "🔬" in old else 1
    problems = source_problems(make_checkout(tmp_path / "checkout", source.replace(old, new, count)))
    assert any(said in problem for problem in problems), problems


def test_too_few_graded_cells_are_named(tmp_path: Path) -> None:
    head, _, _ = setup_source(25).partition(metadata("double-5", solution=True))
    problems = source_problems(make_checkout(tmp_path / "checkout", head))
    assert any("4 graded cells" in problem for problem in problems), problems


def test_a_file_of_no_module_is_named(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path / "checkout")
    (checkout / "source" / "99_extra.py").write_text("# %%\n")
    assert any("no module has this name" in problem for problem in source_problems(checkout))


def test_later_modules_start_with_their_scope(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path / "checkout")
    text = setup_source().replace("core.setup", "core.tensor")
    (checkout / "source" / "02_tensor.py").write_text(text)
    assert any(
        "the first code cell must be the locked cell 'scope'" in problem for problem in source_problems(checkout)
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("import scipy", "imports scipy"),
        ("import matplotlib.pyplot", "an exported cell imports matplotlib"),
        ("from tinytorch_lib.core.tensor import Tensor", "which is no module below 01"),
        ("import tinytorch_lib", "which is no module below 01"),
        ("from tito import cells", "imports tito"),
    ],
)
def test_imports_of_notebooks_go_downwards(tmp_path: Path, line: str, said: str) -> None:
    checkout = make_checkout(tmp_path / "checkout", setup_source().replace("import math", f"import math\n{line}"))
    assert any(said in problem for problem in forbidden_imports(checkout)), forbidden_imports(checkout)


@pytest.mark.parametrize(
    ("package", "line", "said"),
    [
        ("tito", "import tinytorch_lib.core.tensor", "tito must not import tinytorch_lib"),
        ("tito", "def f():\n    from hub import settings", "tito must not import hub"),
        ("hub", "from tinytorch_lib import Tensor", "hub must not import tinytorch_lib"),
    ],
)
def test_tools_never_import_the_library(tmp_path: Path, package: str, line: str, said: str) -> None:
    checkout = make_checkout(tmp_path / "checkout")
    (checkout / package / "deep").mkdir(parents=True)
    (checkout / package / "deep" / "x.py").write_text(line + "\n")
    assert any(said in problem for problem in forbidden_imports(checkout))


def test_a_name_that_two_modules_export_is_named(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path / "checkout")
    assert clashing_names(checkout) == []
    second = setup_source().replace("core.setup", "core.tensor").replace("double_2", "treble_2")
    (checkout / "source" / "02_tensor.py").write_text(second, encoding="utf-8")
    problems = clashing_names(checkout)
    assert len(problems) == 4
    assert "exports 'double_1', which 01_setup exports already" in problems[0]


def test_this_checkout_keeps_its_layers() -> None:
    assert forbidden_imports(CHECKOUT) == []


@pytest.mark.parametrize("change", ["edit", "delete", "extra"])
def test_stale_files_are_named(built: Path, tmp_path: Path, change: str) -> None:
    import shutil

    checkout = tmp_path / "copy"
    shutil.copytree(built, checkout)
    library = checkout / "tinytorch_lib" / "core" / "setup.py"
    released = checkout / "release" / "01_setup" / "01_setup.ipynb"
    for path in (library, released):
        if change == "edit":
            path.write_bytes(path.read_bytes() + b"\n")
        elif change == "delete":
            path.unlink()
        else:
            path.with_name(f"old{path.suffix}").write_text("{}")
    assert len(stale_library(checkout)) == 1
    assert len(stale_release(checkout)) == 1


def test_a_release_that_gives_away_is_named(built: Path, tmp_path: Path) -> None:
    import shutil

    checkout = tmp_path / "copy"
    shutil.copytree(built, checkout)
    path = checkout / "release" / "01_setup" / "01_setup.ipynb"
    assert leaks(checkout) == []
    path.write_text(path.read_text().replace("raise NotImplementedError()", "return math.fsum([x, x])", 1))
    assert [problem.partition(": ")[2] for problem in leaks(checkout)] == ["gives away 'return math.fsum([x, x])'"]
    path.write_text(path.read_text().replace("import math", "import math  ### BEGIN HIDDEN TESTS", 1))
    assert len(leaks(checkout)) == 2


def test_secret_lines_are_those_that_stand_nowhere_else() -> None:
    source = "x = compute(1)\n### BEGIN SOLUTION\nx = compute(1)\nanswer = compute(2)\ny = 1\n### END SOLUTION"
    assert secret_lines([source]) == {"answer = compute(2)"}
