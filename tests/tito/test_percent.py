from __future__ import annotations

from pathlib import Path

import jupytext
import pytest

from tests.tiny import make_checkout, metadata, setup_source
from tito.errors import SourceError
from tito.notebooks import authored_modules, build, notebook_path, notebook_text
from tito.percent import HEADER, normalised, read_source, source_path


def write(folder: Path, text: str) -> Path:
    path = folder / "01_setup.py"
    path.write_text(text, encoding="utf-8")
    return path


def test_cell_ids_are_grade_ids_and_stable(tmp_path: Path) -> None:
    path = write(tmp_path, setup_source())
    first, second = read_source(path), read_source(path)
    assert notebook_text(first) == notebook_text(second)
    assert [cell["id"] for cell in first.cells[1:4]] == ["imports", "double-1", "test-double-1"]
    assert all("lines_to_next_cell" not in cell["metadata"] for cell in first.cells)


def test_equal_cells_get_different_ids(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + "\n# %%\nprint(1)\n\n# %%\nprint(1)\n")
    first, second = read_source(path).cells
    assert first["id"] != second["id"]


@pytest.mark.parametrize("twice", ["imports", "double-1"])
def test_a_grade_id_stands_once(tmp_path: Path, twice: str) -> None:
    path = write(tmp_path, setup_source() + f"\n{metadata(twice)}\nx = 1\n")
    with pytest.raises(SourceError, match=twice):
        read_source(path)


def test_unreadable_sources_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        read_source(tmp_path / "none.py")
    path = tmp_path / "latin.py"
    path.write_bytes("# %%\nx = 'é'\n".encode("latin-1"))
    with pytest.raises(SourceError, match="cannot be read"):
        read_source(path)


def test_normalising_drops_versions_and_can_be_repeated(tmp_path: Path) -> None:
    versions = "#       format_version: '1.3'\n#       jupytext_version: 1.16.0\n"
    other = HEADER.replace("#   kernelspec:", versions + "#   kernelspec:")
    path = write(tmp_path, setup_source().replace(HEADER, other))
    assert normalised(path) == setup_source()
    path.write_text(normalised(path), encoding="utf-8")
    assert normalised(path) == setup_source()


@pytest.mark.parametrize("label", [module.label for module in authored_modules(Path(__file__).parents[2])])
def test_saving_a_source_from_jupyterlab_keeps_every_cell(root: Path, tmp_path: Path, label: str) -> None:
    """What jupytext's extension does: read as a notebook, write back. Then `make format`."""
    source = source_path(root, label)
    opened = jupytext.read(source)
    saved = tmp_path / f"{label}.py"
    jupytext.write(opened, saved, fmt="py:percent")
    assert notebook_text(read_source(saved)) == notebook_text(read_source(source))
    assert normalised(saved) == source.read_text(encoding="utf-8")


def test_building_notebooks_twice_writes_once(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path / "checkout")
    (module,) = authored_modules(checkout)
    assert build(checkout) == [notebook_path(checkout, module)]
    before = notebook_path(checkout, module).read_bytes()
    assert build(checkout) == []
    assert notebook_path(checkout, module).read_bytes() == before
