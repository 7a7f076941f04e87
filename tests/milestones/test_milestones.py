"""The historical programs really run, on the reference and on a student's library; locked ones say what they lack."""

from __future__ import annotations

import importlib
import re
import shutil
import struct
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import ROOT
from tito import milestones
from tito.errors import LockedError, ToolError, UnknownModuleError
from tito.milestones import MILESTONES, find_milestone, lacking, main, show
from tito.modules import find_module


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A student's home with everything built."""
    home = tmp_path / "home"
    shutil.copytree(ROOT / "tinytorch_lib", home / "tinytorch_lib", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(home)
    return home


def library_file(home: Path, module: str) -> Path:
    return home / "tinytorch_lib" / find_module(module).library_file


def program(name: str, monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "milestones"))
    for module in ("common", name):
        monkeypatch.delitem(sys.modules, module, raising=False)
    return importlib.import_module(name)


def measured(text: str) -> float:
    """The share in the line that says what was measured."""
    found = re.search(r"^measured  ([\d.]+)%", text, flags=re.MULTILINE) or re.search(r"([\d.]+)% of", text)
    assert found is not None, text
    return float(found[1]) / 100


def picture(folder: Path, name: str) -> tuple[int, int]:
    """Width and height of a picture that is not of one colour."""
    from matplotlib.image import imread

    pixels = imread(folder / f"{name}.png")
    assert pixels.std() > 0.01
    return pixels.shape[1], pixels.shape[0]


# --- the programs ----------------------------------------------------------------------------


def test_the_perceptron_learns_left_from_right(monkeypatch: pytest.MonkeyPatch) -> None:
    perceptron = program("01_perceptron_1957", monkeypatch)
    shares = [perceptron.train(seed)[1] for seed in range(5)]
    assert all(len(curve) == 51 for curve in shares)
    assert np.mean([curve[0] for curve in shares]) < 0.7, "before any card it guesses"
    assert np.mean([curve[-1] for curve in shares]) > 0.9
    assert np.array_equal(perceptron.train(3)[1], shares[3]), "the seed decides everything"


def test_cards_have_their_mark_in_one_half(monkeypatch: pytest.MonkeyPatch) -> None:
    perceptron = program("01_perceptron_1957", monkeypatch)
    fields, sides = perceptron.cards(200, seed=1)
    halves = fields.reshape(200, 20, 2, 10).sum(axis=(1, 3))
    np.testing.assert_array_equal(halves[np.arange(200), np.where(sides > 0, 1, 0)], 25)
    np.testing.assert_array_equal(halves.sum(axis=1), 25)
    assert 60 < np.sum(sides > 0) < 140


def test_two_layers_learn_xor_and_one_layer_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    xor = program("02_xor_1969", monkeypatch)
    for seed in range(3):
        model, losses, best = xor.train(xor.two_layers, seed, 500)
        assert (xor.right(model), best) == (4, 4)
        assert losses[-1] < 0.01 < losses[0]
        model, losses, best = xor.train(xor.one_layer, seed, 200)
        assert best <= 3
        assert losses[-1] > 0.69, "knowing nothing is the best that one layer can do"


@pytest.mark.parametrize("name", ["perceptron-1957", "xor-1969"])
def test_what_needs_no_data_runs_on_the_reference(name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main("run", name, out=tmp_path / "new") == 0
    output = capfd.readouterr()
    assert output.err == ""
    assert re.search(r"^claim +19\d\d: .*\nmeasured  ", output.out, flags=re.MULTILINE)
    assert f"picture: {tmp_path / 'new'}" in output.out
    assert min(picture(tmp_path / "new", name)) > 200


@pytest.mark.parametrize(("name", "epochs", "least"), [("mlp-1986", 3, 0.85), ("lenet-1998", 2, 0.7)])
def test_digits_are_learned_without_data(
    name: str, epochs: int, least: float, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main("run", name, out=tmp_path, epochs=epochs, seed=1, digits=True) == 0
    output = capfd.readouterr()
    assert output.err == ""
    assert measured(output.out) > least
    assert "embedded digits, not MNIST" in output.out
    assert f"{epochs} epochs" in output.out
    assert min(picture(tmp_path, name)) > 200


def write_idx(path: Path, array: np.ndarray) -> None:
    path.write_bytes(struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes())


@pytest.fixture
def small_mnist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files like MNIST's with 500 and 100 images in them."""
    parts = program("common", monkeypatch).embedded_digits()
    folder = tmp_path / "small"
    (folder / "mnist").mkdir(parents=True)
    for name, (images, labels), count in zip(("train", "t10k"), parts, (500, 100), strict=True):
        write_idx(folder / "mnist" / f"{name}-images-idx3-ubyte", images[:count, 0])
        write_idx(folder / "mnist" / f"{name}-labels-idx1-ubyte", labels[:count].astype(np.uint8))
    return folder


@pytest.mark.parametrize("way", ["option", "environment", "data"])
def test_mnist_is_found(
    way: str, small_mnist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TINYTORCH_LIBRARY", str(ROOT))
    if way == "environment":
        monkeypatch.setenv("TINYTORCH_DATA", str(small_mnist))
    if way == "data":
        small_mnist.rename(tmp_path / "data")
    assert main("run", "mlp", epochs=1, data=small_mnist if way == "option" else None) == 0
    assert "of 100 test images right (MNIST)" in capfd.readouterr().out
    assert (tmp_path / "plots" / "mlp-1986.png").is_file()


@pytest.mark.parametrize("name", ["mlp", "lenet"])
def test_without_data_it_says_how_to_get_it(
    name: str, home: Path, small_mnist: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def refused(problem: str, data: Path | None = None) -> None:
        assert main("run", name, data=data) == 1
        output = capfd.readouterr()
        assert (output.out, output.err.count("\n")) == ("", 1)
        assert problem in output.err
        assert "`tito data fetch mnist`" in output.err
        assert "--digits" in output.err

    refused("data/mnist is not there")
    labels = small_mnist / "mnist" / "train-labels-idx1-ubyte"
    labels.write_bytes(labels.read_bytes()[:-1])
    refused("got 507 bytes, expected 508", small_mnist)
    labels.unlink()
    refused("train-labels-idx1-ubyte.gz is missing", small_mnist)


def test_options_that_make_no_sense_are_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main("run", "xor", out=tmp_path, epochs=0) == 2
    assert "--epochs is at least 1" in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == []


# --- whose library ---------------------------------------------------------------------------


def test_it_runs_on_the_students_own_library(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    own = library_file(home, "layers")
    own.write_text(own.read_text(encoding="utf-8") + '\nprint("my own layers")\n', encoding="utf-8")
    assert main("run", "perceptron") == 0
    assert "my own layers" in capfd.readouterr().out
    assert (home / "plots" / "perceptron-1957.png").is_file()


def test_the_library_can_stand_elsewhere(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    with pytest.raises(LockedError):
        main("run", "perceptron")
    monkeypatch.setenv("TINYTORCH_LIBRARY", str(home))
    monkeypatch.setenv("TINYTORCH_BELOW", "02")  # as a notebook leaves it
    assert main("run", "perceptron") == 0


def test_a_wrong_library_shows_in_the_result(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing is simulated: when Adam does not move anything, XOR is not solved."""
    optimizers = library_file(home, "optimizers")
    text = optimizers.read_text(encoding="utf-8")
    assert "parameter.data -= learning_rate * direction(index)" in text
    optimizers.write_text(
        text.replace("-= learning_rate * direction(index)", "-= 0 * direction(index)"), encoding="utf-8"
    )
    assert main("run", "xor", epochs=50) == 0
    assert "two layers: 4 of 4" not in capfd.readouterr().out


def test_an_error_in_the_library_is_the_exit_status(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    tensor = library_file(home, "tensor")
    tensor.write_text(tensor.read_text(encoding="utf-8") + "\n1 / 0\n", encoding="utf-8")
    assert main("run", "perceptron") == 1
    assert "ZeroDivisionError" in capfd.readouterr().err


# --- locked and unlocked ---------------------------------------------------------------------


def test_everything_is_unlocked_when_all_is_done(home: Path) -> None:
    assert [lacking(milestone, home) for milestone in MILESTONES] == [[], [], [], []]


def test_a_hole_or_a_missing_module_locks(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library_file(home, "spatial").unlink()
    optimizers = library_file(home, "optimizers")
    optimizers.write_text(optimizers.read_text(encoding="utf-8") + "\ndef f():\n    raise NotImplementedError()\n")
    found = {milestone.name: [module.label for module in lacking(milestone, home)] for milestone in MILESTONES}
    assert found == {
        "perceptron-1957": [],
        "xor-1969": ["06_optimizers"],
        "mlp-1986": ["06_optimizers"],
        "lenet-1998": ["06_optimizers", "09_spatial"],
    }
    with pytest.raises(LockedError) as error:
        main("run", "lenet")
    assert "lenet-1998 is locked: 06_optimizers, 09_spatial are not done" in str(error.value)
    assert "`tito export 06`" in str(error.value)
    assert "\n" not in str(error.value)
    assert main("list") == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "06_optimizers" in shown
    assert "unlocked" in shown


def test_an_empty_home_lists_all_as_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main("list") == 0
    assert capsys.readouterr().out.count("locked: needs") == 4


@pytest.mark.parametrize("milestone", MILESTONES, ids=lambda milestone: milestone.name)
def test_what_a_program_imports_is_what_it_needs(milestone: milestones.Milestone) -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in (milestone.program, milestones.PROGRAMS / "common.py"))
    imported = set(re.findall(r"^from tinytorch_lib\.core\.(\w+) import", text, flags=re.MULTILINE))
    assert imported <= set(milestone.needs)
    others = set(re.findall(r"^(?:from|import) (\w+)", text, flags=re.MULTILINE)) - {"tinytorch_lib", "common"}
    assert others <= {"numpy", "matplotlib", *sys.stdlib_module_names}


@pytest.mark.parametrize("text", ["lenet-1998", "lenet", "1998", "04", "4", " LeNet_1998 "])
def test_a_milestone_can_be_named_in_each_way(text: str) -> None:
    assert find_milestone(text).name == "lenet-1998"


@pytest.mark.parametrize("text", ["alexnet", "", None, "5", "0"])
def test_an_unknown_milestone_is_one_line(text: str | None) -> None:
    with pytest.raises(UnknownModuleError, match="there are perceptron-1957, xor-1969, mlp-1986, lenet-1998"):
        find_milestone(text)


# --- in a notebook ---------------------------------------------------------------------------


def test_a_notebook_shows_lines_and_plot(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown: list[bytes] = []
    stand_in = types.SimpleNamespace(Image=lambda filename: Path(filename).read_bytes(), display=shown.append)
    monkeypatch.setitem(sys.modules, "IPython.display", stand_in)
    show("perceptron", seed=2)
    assert "measured  " in capsys.readouterr().out
    assert shown[0].startswith(b"\x89PNG")
    with pytest.raises(ToolError, match="ended with exit status 1"):
        show("mlp")
    assert "`tito data fetch mnist`" in capsys.readouterr().out
