from __future__ import annotations

import pytest

from tito.errors import UnknownModuleError
from tito.modules import MODULES, PHASES, find_module, modules_below


@pytest.mark.parametrize("text", ["06", "6", "optimizers", "06_optimizers", " Optimizers "])
def test_a_module_has_several_names(text: str) -> None:
    assert find_module(text).label == "06_optimizers"


@pytest.mark.parametrize("text", ["0", "21", "", "optimizer", "06_tensor", "²", "-1"])
def test_other_names_are_refused_with_the_value(text: str) -> None:
    with pytest.raises(UnknownModuleError) as caught:
        find_module(text)
    assert repr(text) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_numbers_are_consecutive_and_phases_cover_them() -> None:
    assert [module.number for module in MODULES] == list(range(1, 21))
    assert [module for phase in PHASES for module in phase] == list(MODULES)


def test_library_files() -> None:
    assert str(find_module("02").library_file) == "core/tensor.py"
    assert str(find_module("20").library_file) == "capstone.py"
    assert [module.name for module in modules_below(3)] == ["setup", "tensor"]
