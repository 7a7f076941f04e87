"""Hostile submissions of the tiny module 01, each as a function that writes it, with what must come of it.

The tiny module has five holes of 20 points. "Right" code here is always the same line in each of them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.tiny import code
from tito.submission import MAX_BYTES

LABEL = "01_setup"
SECRET = "nobody's business"
SHADOW = "raise SystemExit('SHADOWED')\n"

Notebook = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One student's submission."""

    student: str
    write: Callable[[Path, Notebook], None]
    """Gets the folder and a notebook with everything right."""
    score: float | None
    """None if it cannot be graded."""
    says: tuple[str, ...] = ()
    """What one line of the log, or the graded notebook, must hold: where and what."""


CASES: list[Case] = []


def case(student: str, score: float | None, *says: str) -> Callable[[Callable[[Path, Notebook], None]], None]:
    def register(write: Callable[[Path, Notebook], None]) -> None:
        CASES.append(Case(student, write, score, says))

    return register


def cell_of(notebook: Notebook, name: str) -> Notebook:
    found: Notebook = next(cell for cell in notebook["cells"] if cell["id"] == name)
    return found


def answer(number: int, expression: str = "x + x") -> str:
    return f"#| export\ndef double_{number}(x):\n    return {expression}"


def save(folder: Path, notebook: Notebook, name: str = f"{LABEL}.ipynb") -> None:
    (folder / name).write_text(json.dumps(notebook), encoding="utf-8")


def insert_after(notebook: Notebook, name: str, source: str) -> None:
    position = next(k for k, cell in enumerate(notebook["cells"]) if cell["id"] == name)
    notebook["cells"].insert(position + 1, code(source) | {"id": f"own-{position}"})


def text_case(student: str, data: bytes, says: str) -> None:
    case(student, None, f"{student}/{LABEL}", says)(
        lambda folder, _: (folder / f"{LABEL}.ipynb").write_bytes(data) and None
    )


# Files that hold no notebook.
text_case("not-json", b"<html>session expired</html>", "is not a notebook")
text_case("cut-off", b'{"cells": [{"cell_type": "code", "sou', "is not a notebook")
text_case("not-utf8", b'{"cells": ["\xff\xfe"]}', "is not a notebook")
text_case("empty-file", b"", "is not a notebook")
text_case("json-list", b"[1, 2, 3]", "is not a version 4 notebook")
text_case("deep", b"[" * 200_000, "is not a notebook")
text_case("version-3", b'{"worksheets": [{"cells": []}], "nbformat": 3}', "is not a version 4 notebook")


@case("too-large", None, f"too-large/{LABEL}", "at most")
def _(folder: Path, notebook: Notebook) -> None:
    with (folder / f"{LABEL}.ipynb").open("wb") as file:
        file.truncate(MAX_BYTES + 1)


# Folders that hold no notebook, or not only one.
@case("no-files", None, f"no-files/{LABEL}")
def _(folder: Path, notebook: Notebook) -> None:
    pass


@case("renamed", None, f"renamed/{LABEL}", f"'{LABEL} (1).ipynb'")
def _(folder: Path, notebook: Notebook) -> None:
    save(folder, notebook, f"{LABEL} (1).ipynb")


@case("folder-as-notebook", None, f"folder-as-notebook/{LABEL}", "no plain file")
def _(folder: Path, notebook: Notebook) -> None:
    (folder / f"{LABEL}.ipynb").mkdir()


@case("link-as-notebook", None, f"link-as-notebook/{LABEL}", "not followed")
def _(folder: Path, notebook: Notebook) -> None:
    (folder / f"{LABEL}.ipynb").symlink_to(folder.parents[1] / "right" / LABEL / f"{LABEL}.ipynb")


@case("link-beside", None, f"link-beside/{LABEL}", "data.txt", "not followed")
def _(folder: Path, notebook: Notebook) -> None:
    save(folder, notebook)
    secret = folder.parents[2] / "secret.txt"
    secret.write_text(SECRET)
    (folder / "deep").mkdir()
    (folder / "deep" / "data.txt").symlink_to(secret)


@case("link-to-folder", None, f"link-to-folder/{LABEL}", "not followed")
def _(folder: Path, notebook: Notebook) -> None:
    save(folder, notebook)
    (folder / "everybody").symlink_to(folder.parents[1])


@case("pipe", None, f"pipe/{LABEL}", "not followed")
def _(folder: Path, notebook: Notebook) -> None:
    save(folder, notebook)
    os.mkfifo(folder / "waits-forever")


@case("odd-files", 100)
def _(folder: Path, notebook: Notebook) -> None:
    insert_after(notebook, "imports", "import numpy, random, tinytorch_lib\nprint('SEES', tinytorch_lib.__file__)")
    save(folder, notebook)
    for name in ("numpy", "sitecustomize", "usercustomize", "random", "pkgutil", "ipykernel_launcher", "math"):
        (folder / f"{name}.py").write_text(SHADOW)
    (folder / "tinytorch_lib").mkdir()
    (folder / "tinytorch_lib" / "__init__.py").write_text(SHADOW)
    for name in ("zoë's dätä (1).txt", "-rf", "a\nb.txt", "*", "[x].csv", " ", "%s.txt", "{student}.txt"):
        (folder / name).write_text("mine")


@case("page-beside", 100)
def _(folder: Path, notebook: Notebook) -> None:
    save(folder, notebook)
    (folder / "a[b]").mkdir()
    for name in ("page.html", f"{LABEL}.html", "a[b]/picture.svg"):
        (folder / name).write_text("<script>alert(1)</script>")


# Student names that no roster allows, but a folder can have.
@case("[ada]", None, "[ada]")
def _(folder: Path, notebook: Notebook) -> None:
    save(folder, notebook)


# Cells copied, renamed, retyped, deleted.
@case("copied-cells", 80, "`double-1` stands 3 times", "`double-2` stands 2 times")
def _(folder: Path, notebook: Notebook) -> None:
    released = cell_of(notebook, "double-1") | {
        "source": "#| export\ndef double_1(x):\n    raise NotImplementedError()"
    }
    wrong = cell_of(notebook, "double-1") | {"source": answer(1, "x + 1")}
    position = notebook["cells"].index(cell_of(notebook, "double-1"))
    notebook["cells"][position:position] = [wrong, released]
    notebook["cells"].append(cell_of(notebook, "double-2") | {"source": answer(2, "x + 1")})
    save(folder, notebook)


@case("no-metadata", 100)
def _(folder: Path, notebook: Notebook) -> None:
    for cell in notebook["cells"]:
        cell["metadata"] = {}
    notebook["metadata"] = {}
    save(folder, notebook)


@case("neither-metadata-nor-ids", 100, "`double-1` had lost its name")
def _(folder: Path, notebook: Notebook) -> None:
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        del cell["id"]
    save(folder, notebook)


@case("odd-metadata", 100, "`double-5` was a markdown cell")
def _(folder: Path, notebook: Notebook) -> None:
    odd = (5, [], "x", {"nbgrader": []}, {"nbgrader": {"grade_id": {}}})
    for cell, metadata in zip(notebook["cells"], odd, strict=False):
        cell["metadata"] = metadata
    cell = cell_of(notebook, "double-5")
    cell["cell_type"] = "markdown"
    del cell["outputs"], cell["execution_count"]
    for cell in notebook["cells"][5:]:
        del cell["id"]
    notebook["cells"] += [None, 7, {"cell_type": "code"}, {"cell_type": "widget", "source": {}}]
    notebook["metadata"] = {
        "kernelspec": {"name": "julia-1.11", "display_name": "Julia", "language": "julia"},
        "language_info": {"name": "julia"},
    }
    save(folder, notebook)


@case("deleted-tests", 80, "`test-double-1` was missing", "`test-double-5` was missing")
def _(folder: Path, notebook: Notebook) -> None:
    cell_of(notebook, "double-3")["source"] = answer(3, "x + 1")
    notebook["cells"] = [cell for cell in notebook["cells"] if not cell["id"].startswith("test-")]
    save(folder, notebook)


@case("deleted-everything", 0, "`double-1` was missing")
def _(folder: Path, notebook: Notebook) -> None:
    save(folder, notebook | {"cells": []})


@case("edited-tests", 0, "`test-double-1` was changed")
def _(folder: Path, notebook: Notebook) -> None:
    for number in range(1, 6):
        cell_of(notebook, f"double-{number}")["source"] = answer(number, "0")
        cell_of(notebook, f"test-double-{number}")["source"] = "1000"
    cell_of(notebook, "test-double-2").update(cell_type="raw", source="gone")
    save(folder, notebook)


@case("changed-flags", 80)
def _(folder: Path, notebook: Notebook) -> None:
    cell_of(notebook, "double-1")["source"] = answer(1, "x + 1")
    for cell in notebook["cells"]:
        found = cell["metadata"].get("nbgrader", {})
        found |= {
            "points": 1000,
            "grade": False,
            "locked": False,
            "solution": True,
            "checksum": "0",
            "schema_version": 1,
        }
    cell_of(notebook, "double-1")["metadata"]["nbgrader"] |= {"grade": True, "points": 1000}
    save(folder, notebook)


@case("surrogates-and-nulls", 80)
def _(folder: Path, notebook: Notebook) -> None:
    insert_after(notebook, "imports", "text = '\ud800'")
    cell_of(notebook, "double-4")["source"] += "\n\x00"
    save(folder, notebook)


# Outputs, kept or made.
@case("zoë o'brien; --help {large}", 100)
def _(folder: Path, notebook: Notebook) -> None:
    stream = {"output_type": "stream", "name": "stdout", "text": "0123456789" * 5_000_000}
    cell_of(notebook, "test-double-1")["outputs"] = [stream]
    save(folder, notebook)


@case("kept-outputs", 80)
def _(folder: Path, notebook: Notebook) -> None:
    cell_of(notebook, "double-1")["source"] = answer(1, "x + 1")
    error = {"output_type": "error", "ename": "E", "evalue": "old", "traceback": ["old"]}
    value = {"output_type": "execute_result", "data": {"text/plain": "1000"}, "metadata": {}, "execution_count": 1}
    cell_of(notebook, "test-double-1")["outputs"] = [value]
    cell_of(notebook, "test-double-2")["outputs"] = [error]
    save(folder, notebook)


@case("noisy", 100)
def _(folder: Path, notebook: Notebook) -> None:
    for number in range(1, 6):
        cell_of(notebook, f"double-{number}")["source"] = f"""#| export
def double_{number}(x):
    import sys, numpy, warnings
    warnings.warn("old")
    print("hm", file=sys.stderr)
    numpy.float64(1) / numpy.float64(0)
    return x + x

double_{number}(1)"""
    insert_after(notebook, "double-1", "import logging\nlogging.warning('careful')\n0.25")
    insert_after(notebook, "double-2", "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nplt.gcf()")
    save(folder, notebook)


@case("floods", 100)
def _(folder: Path, notebook: Notebook) -> None:
    insert_after(notebook, "double-1", "for _ in range(300_000):\n    print('x' * 100)")
    save(folder, notebook)


# Code that does not come back.
@case("endless-loop", 80, "test-double-3")
def _(folder: Path, notebook: Notebook) -> None:
    cell_of(notebook, "double-3")["source"] = "#| export\ndef double_3(x):\n    while True:\n        pass"
    save(folder, notebook)


# A cell that ends its room is left out of the next one: what else was solved still earns its points.
@case("endless-and-deaf", 100, "it did not stop when its time was up")
def _(folder: Path, notebook: Notebook) -> None:
    deaf = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    pass"
    insert_after(notebook, "test-double-2", deaf)
    save(folder, notebook)


@case("kills-its-kernel", 80, "the code ended its process")
def _(folder: Path, notebook: Notebook) -> None:
    cell_of(notebook, "double-4")["source"] += "\nimport os\nos._exit(0)"
    save(folder, notebook)
