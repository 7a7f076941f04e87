from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tiny import code, make_checkout, notebook
from tito.library import (
    ExportError,
    build_reference,
    build_student,
    module_text,
    package_text,
    reference_files,
)
from tito.library.build import library_files, read_record
from tito.modules import MODULES, Module, find_module
from tito.percent import read_source
from tito.submission import clear_solutions

TENSOR = find_module("02")
SETUP = find_module("01")


def imported(folder: Path, program: str, below: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run `program` with the library in `folder`, in a Python that has nothing else on its path."""
    environment = {"PYTHONPATH": str(folder), "PATH": os.defpath} | ({"TINYTORCH_BELOW": below} if below else {})
    return subprocess.run(
        [sys.executable, "-P", "-W", "error", "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def student(folder: Path, *cells: str) -> Path:
    path = folder / "02_tensor.ipynb"
    path.write_text(notebook(*(code(cell, f"cell-{i}") for i, cell in enumerate(cells))), encoding="utf-8")
    return path


def test_only_exported_cells_are_in_the_text_and_each_names_its_origin() -> None:
    text = module_text(
        TENSOR, [code("#| export\nx = 1", "one"), code("y = 2", "two"), code("#| export\n_z = 3")], "here"
    )
    assert text is not None
    assert text.startswith("# Module 02, tensor. Generated from here")
    assert "# cell: one\nx = 1\n" in text
    assert "y = 2" not in text
    assert text.rstrip().endswith('__all__ = [\n    "x",\n]')


def test_markers_and_directives_are_dropped() -> None:
    source = (
        "#| default_exp core.tensor\n#| export\ndef f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION"
    )
    text = module_text(TENSOR, [code(source)], "here")
    assert text is not None
    assert "SOLUTION" not in text
    assert "#|" not in text
    assert "    return 1" in text


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def f(:\n  pass", "line 2"),
        ("%timeit 1", "IPython"),
        ("x = '\0'", "null"),
        ("(" * 5000 + ")" * 5000, "cell 'bad'"),
    ],
)
def test_a_cell_that_is_not_python_is_named(source: str, said: str) -> None:
    with pytest.raises(ExportError) as caught:
        module_text(TENSOR, [code("#| export\nx = 1", "good"), code(f"#| export\n{source}", "bad")], "here")
    assert "cell 'bad'" in str(caught.value)
    assert said in str(caught.value) or said == "line 2"
    assert "\n" not in str(caught.value)


def test_building_runs_no_student_code(tmp_path: Path) -> None:
    trap = tmp_path / "ran"
    path = student(tmp_path, f"#| export\nopen({str(trap)!r}, 'w')", "#| export\nimport os; os._exit(3)")
    (built,) = build_student(tmp_path / "library", {TENSOR: path}, lambda _: None)
    assert built.state == "built"
    assert not trap.exists()


def test_a_module_that_breaks_keeps_its_last_good_version(tmp_path: Path) -> None:
    library = tmp_path / "library"
    build_student(library, {TENSOR: student(tmp_path, "#| export\nvalue = 1")}, lambda _: None)
    (broken,) = build_student(library, {TENSOR: student(tmp_path, "#| export\nvalue = ")}, lambda _: None)
    assert broken.state == "kept"
    assert "cell-0" in broken.message
    assert read_record(library) == [broken]
    found = imported(library, "from tinytorch_lib.core.tensor import value; print(value)")
    assert found.stdout == "1\n", found.stderr
    build_student(library, {TENSOR: student(tmp_path, "#| export\nvalue = 2")}, lambda _: None)
    assert imported(library, "import tinytorch_lib; print(tinytorch_lib.value)").stdout == "2\n"


def test_a_first_version_that_breaks_leaves_the_module_out_and_says_so(tmp_path: Path) -> None:
    library = tmp_path / "library"
    (broken,) = build_student(library, {TENSOR: student(tmp_path, "#| export\nx = ")}, lambda _: None)
    assert broken.state == "missing"
    found = imported(library, "import tinytorch_lib.core.tensor")
    assert "is not in your library yet" in found.stderr
    assert "tito export 02" in found.stderr


def test_an_unreadable_notebook_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "02_tensor.ipynb"
    path.write_text("not json")
    (broken,) = build_student(tmp_path / "library", {TENSOR: path}, lambda _: None)
    assert broken.state == "missing"
    assert "not a notebook" in broken.message


def test_locked_cells_come_from_the_course(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path / "checkout")
    skeleton = clear_solutions(read_source(checkout / "source" / "01_setup.py"))
    path = tmp_path / "01_setup.ipynb"
    cells = [
        code("#| export\nimport does_not_exist", "imports", locked=True, grade=False, solution=False),
        code(
            "#| export\ndef double_1(x):\n    return x + x",
            "double-1",
            solution=True,
            grade=False,
            locked=False,
        ),
    ]
    path.write_text(notebook(*cells), encoding="utf-8")
    library = tmp_path / "library"
    build_student(library, {SETUP: path}, lambda _: skeleton)
    found = imported(library, "from tinytorch_lib import double_1, double_2; print(double_1(4)); double_2(1)")
    assert found.stdout == "8\n"
    assert "NotImplementedError" in found.stderr, "a cell that the student deleted is the released stub again"


@pytest.mark.parametrize(("below", "works"), [(None, True), ("03", True), ("02", False), ("01", False)])
def test_a_notebook_sees_only_the_modules_below_it(tmp_path: Path, below: str | None, works: bool) -> None:
    library = tmp_path / "library"
    build_student(library, {TENSOR: student(tmp_path, "#| export\nvalue = 7")}, lambda _: None)
    found = imported(library, "import tinytorch_lib.core.tensor as t; print(t.value)", below)
    assert (found.stdout == "7\n") is works
    if not works:
        assert f"only modules below {below}" in found.stderr
    shown = imported(
        library, "import tinytorch_lib; print('value' in dir(tinytorch_lib), tinytorch_lib.__all__)", below
    )
    assert shown.stdout == ("True ['value']\n" if works else "False []\n"), shown.stderr


def test_the_package_can_be_imported_with_no_module_built(tmp_path: Path) -> None:
    build_student(tmp_path, {}, lambda _: None)
    found = imported(tmp_path, "import tinytorch_lib, tinytorch_lib.core, tinytorch_lib.perf; tinytorch_lib.Tensor")
    assert "AttributeError" in found.stderr
    assert "has no attribute 'Tensor'" in found.stderr


def test_later_modules_win_a_shared_name_and_earlier_ones_stand_in(tmp_path: Path) -> None:
    names = {find_module("08"): ("load_digits",), find_module("10"): ("load_digits",)}
    package = tmp_path / "tinytorch_lib"
    (package / "core").mkdir(parents=True)
    (package / "__init__.py").write_text(package_text(names))
    (package / "core" / "__init__.py").write_text("")
    (package / "core" / "training.py").write_text("load_digits = 8\n")
    (package / "core" / "dataloader.py").write_text("load_digits = 10\n")
    program = "import tinytorch_lib; print(tinytorch_lib.load_digits)"
    assert imported(tmp_path, program).stdout == "10\n"
    assert imported(tmp_path, program, "10").stdout == "8\n"


def test_building_the_reference_twice_changes_nothing_and_removes_what_has_no_source(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path / "checkout")
    assert len(build_reference(checkout)) == len(reference_files(checkout)) == 4
    assert build_reference(checkout) == []
    old = checkout / "tinytorch_lib" / "core" / "gone.py"
    old.write_text("x = 1\n")
    assert build_reference(checkout) == [Path("tinytorch_lib/core/gone.py")]
    assert not old.exists()


def test_the_committed_library_imports_with_numpy_alone(root: Path, tmp_path: Path) -> None:
    """Each module by itself, in a fresh Python: none relies on another's import, none needs more than numpy."""
    program = (
        "import sys, importlib, numpy.random; before = set(sys.modules); importlib.import_module(sys.argv[1]);"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before};"
        "print(sorted(new - set(sys.stdlib_module_names) - {'numpy', 'tinytorch_lib'}))"
    )
    files = sorted(path for path in (root / "tinytorch_lib").rglob("*.py") if path.name != "__init__.py")
    assert files
    for path in files:
        name = ".".join(path.relative_to(root).with_suffix("").parts)
        found = subprocess.run(
            [sys.executable, "-P", "-W", "error", "-c", program, name],
            env={"PYTHONPATH": str(root), "PATH": os.defpath},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert found.stdout == "[]\n", f"{name}: {found.stdout}{found.stderr}"


@pytest.mark.parametrize("gap", MODULES[:10], ids=str)
def test_a_library_with_a_gap_can_be_imported_and_names_it(root: Path, tmp_path: Path, gap: Module) -> None:
    files = {module: root / "tinytorch_lib" / module.library_file for module in MODULES if module != gap}
    texts = {module: path.read_text(encoding="utf-8") for module, path in files.items() if path.is_file()}
    for name, text in library_files(texts).items():
        path = tmp_path / "tinytorch_lib" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    program = (
        "import importlib, warnings\n"
        "with warnings.catch_warnings(record=True) as said:\n"
        "    warnings.simplefilter('always')\n"
        "    import tinytorch_lib\n"
        "print(*(warning.message for warning in said))\n"
        "for name in tinytorch_lib._EXPORTS:\n"
        "    try: importlib.import_module(f'tinytorch_lib.{name}')\n"
        "    except ImportError as error: print(name, str(error).split()[0])\n"
    )
    done = imported(tmp_path, program)
    assert done.returncode == 0, done.stderr
    said, *unusable = (line.split() for line in done.stdout.splitlines())
    missing = f"tinytorch_lib.{gap.library_path}"
    assert (missing in " ".join(said)) == (said != []) == (gap.number == 2)
    assert {named for _, named in unusable} <= {missing}
    direct = {module.library_path for module, text in texts.items() if f"from {missing} import" in text}
    assert direct <= {name for name, _ in unusable}


def test_code_in_07_that_raises_leaves_the_other_modules_usable(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root / "tinytorch_lib", tmp_path / "tinytorch_lib")
    autograd = tmp_path / "tinytorch_lib" / "core" / "autograd.py"
    autograd.write_text(autograd.read_text(encoding="utf-8") + "\nundefined_name\n", encoding="utf-8")
    program = "import warnings; warnings.simplefilter('always'); from tinytorch_lib import Linear; print(Linear(2, 3))"
    done = imported(tmp_path, program)
    assert done.returncode == 0, done.stderr
    assert "autograd is not active" in done.stderr
    assert "NameError: name 'undefined_name' is not defined" in done.stderr
