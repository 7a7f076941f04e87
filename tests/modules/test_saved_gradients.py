"""Every gradient saved from PyTorch once more, through autograd and by hand, wherever the numbers lie in memory.

The tests of single modules compare plain arrays, and strided ones for convolution, pooling and Linear. Here operands
and arriving gradients of 02 to 05 and of batch normalization are transposed, thinned out and backwards; shapes that
broadcast are among the cases. 06 and 08 use gradients but derive none (their own tests compare where they lead), and 10
works on arrays outside of the graph.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from tinytorch_lib.core import activations, autograd, losses, spatial
from tinytorch_lib.core import tensor as core
from tinytorch_lib.core.activations import GELU, ReLU, Sigmoid, Softmax, Tanh
from tinytorch_lib.core.layers import Flatten, Linear
from tinytorch_lib.core.losses import log_softmax
from tinytorch_lib.core.spatial import BatchNorm2d
from tinytorch_lib.core.tensor import Tensor, apply, from_numpy

pytestmark = [pytest.mark.m07, pytest.mark.m09]

ORACLES = Path(__file__).parents[1] / "oracles"
TOLERANCE = {"float32": 1e-5, "float64": 1e-11}


def oracle(name: str) -> ModuleType:
    """The program that made an oracle; it reads it too."""
    spec = importlib.util.spec_from_file_location(name, ORACLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # a dataclass looks its module up there
    spec.loader.exec_module(module)
    return module


def saved(name: str) -> dict[str, np.ndarray]:
    with np.load(ORACLES / f"{name}.npz", allow_pickle=False) as file:
        return {key: file[key] for key in file.files}


OPERATIONS = oracle("make_02_tensor").read_cases()
LOSSES = oracle("make_05_losses").read_cases()
ACTIVATIONS, LAYERS, SPATIAL = saved("03_activations"), saved("04_layers"), saved("09_spatial")


# --- memory layouts ---------------------------------------------------------------------------------------------------


def transposed(array: np.ndarray) -> np.ndarray:
    return np.array(array, order="F")


def thinned(array: np.ndarray) -> np.ndarray:
    """Every second element of a longer array, along the first axis and the last."""
    wide = np.repeat(np.repeat(array, 2, axis=-1), 3, axis=0)
    return wide[::3, ..., ::2] if array.ndim > 1 else np.repeat(array, 2)[::2]


def backwards(array: np.ndarray) -> np.ndarray:
    """All strides negative."""
    every = (slice(None, None, -1),) * array.ndim
    return array[every].copy()[every]


LAYOUTS = [transposed, thinned, backwards]
layouts = pytest.mark.parametrize("layout", LAYOUTS)


def placed(layout: Callable[[np.ndarray], np.ndarray], array: np.ndarray) -> np.ndarray:
    """The same numbers in another layout."""
    result = layout(array) if array.ndim else array
    np.testing.assert_array_equal(result, array)
    return result


def leaf(array: np.ndarray) -> Tensor:
    """A Tensor around this very array, in its layout."""
    tensor = from_numpy(array)
    tensor.requires_grad = array.dtype.kind == "f"
    return tensor


def agree(got: Tensor | np.ndarray | None, expected: np.ndarray, dtype: np.dtype) -> None:
    """Equal to 1e-5 of the largest number (1e-11 in float64), of the same shape and of this type."""
    array = got.data if isinstance(got, Tensor) else got
    assert array is not None
    assert array.dtype == dtype
    assert array.shape == expected.shape
    largest = np.max(np.abs(expected), initial=0.0)
    np.testing.assert_allclose(array, expected, rtol=0, atol=TOLERANCE[dtype.name] * (largest + 1e-2))


@pytest.fixture(autouse=True)
def engine() -> Iterator[None]:
    """The engine is in, whatever other tests did."""
    former = core.ACTIVE.recorder, core.ACTIVE.backward
    core.install_engine(autograd.record, autograd.backward)
    yield
    core.install_engine(*former)


# --- operations of 02 and 07 ------------------------------------------------------------------------------------------


@layouts
@pytest.mark.parametrize("op", sorted({case.op for case in OPERATIONS if case.upstream is not None}))
def test_operations(op, layout) -> None:
    for case in OPERATIONS:
        if case.op != op or case.upstream is None:
            continue
        inputs = [leaf(placed(layout, x)) for x in case.inputs]
        apply(op, *inputs, **case.attributes).backward(placed(layout, case.upstream))
        for x, before, expected in zip(inputs, case.inputs, case.gradients, strict=True):
            np.testing.assert_array_equal(x.data, before, err_msg=case.name)
            if expected is not None:
                agree(x.grad, expected, x.dtype)


# --- activations of 03 ------------------------------------------------------------------------------------------------

KINDS = {"relu": ReLU, "sigmoid": Sigmoid, "tanh": Tanh, "gelu": GELU, "softmax": Softmax}
PAIRS = sorted(key.removesuffix("_backward") for key in ACTIVATIONS if key.endswith("_backward"))


def new_activation(name: str) -> activations.Activation:
    kind = KINDS[name.rstrip("0123456789")]
    return Softmax(axis=int(name[-1])) if kind is Softmax else kind()


@layouts
@pytest.mark.parametrize("name", sorted({pair.split("/")[1] for pair in PAIRS}))
def test_activations(name, layout) -> None:
    for case in [pair.split("/")[0] for pair in PAIRS if pair.split("/")[1] == name]:
        x, gradient = (placed(layout, ACTIVATIONS[f"{case}/{part}"]) for part in ("x", "gradient"))
        if x.size == 0 and name.startswith("softmax"):
            continue  # PyTorch gives an empty tensor, we refuse
        expected, activation, given = ACTIVATIONS[f"{case}/{name}_backward"], new_activation(name), leaf(x)
        activation(given).backward(gradient)
        agree(given.grad, expected, x.dtype)
        agree(activation.backward(from_numpy(gradient)), expected, x.dtype)


# --- layers of 04 -----------------------------------------------------------------------------------------------------


@layouts
@pytest.mark.parametrize("case", sorted({key.split("/")[1] for key in LAYERS if key.startswith("linear/")}))
def test_linear(case, layout) -> None:
    given = {
        name: leaf(placed(layout, LAYERS[f"linear/{case}/{name}"]))
        for name in ("x", "weight", "bias")
        if f"linear/{case}/{name}" in LAYERS
    }
    layer = Linear(*reversed(given["weight"].shape), bias="bias" in given)
    layer.weight, layer.bias = given["weight"], given.get("bias")
    layer(given["x"]).backward(placed(layout, LAYERS[f"linear/{case}/upstream"]))
    for name, tensor in given.items():
        agree(tensor.grad, LAYERS[f"linear/{case}/gradient/{name}"], tensor.dtype)


@layouts
def test_flatten(layout) -> None:
    for case in ("matrix", "image", "one", "empty-batch"):
        x, output = (LAYERS[f"flatten/{case}/{part}"] for part in ("x", "output"))
        given, layer = leaf(placed(layout, x)), Flatten()
        layer(given).backward(placed(layout, output))
        agree(given.grad, x, x.dtype)  # the gradient x comes back as x
        agree(layer.backward(from_numpy(placed(layout, output))), x, x.dtype)


# --- losses of 05 -----------------------------------------------------------------------------------------------------


@layouts
@pytest.mark.parametrize("kind", sorted({case.kind for case in LOSSES}))
def test_losses(kind, layout) -> None:
    for case in LOSSES:
        if case.kind != kind:
            continue
        pred = leaf(placed(layout, case.pred))
        if kind == "log_softmax":
            upstream = np.cos(np.arange(case.output.size, dtype=np.float32)).reshape(case.output.shape)
            log_softmax(pred, int(case.target)).backward(placed(layout, upstream))
        else:
            criterion = getattr(losses, kind)()
            criterion(pred, from_numpy(placed(layout, case.target))).backward()
            agree(criterion.backward(), case.gradient, pred.dtype)
        # near 0 and 1 PyTorch has a formula of its own, and ours by hand too; autograd follows the clamped logarithm
        if not case.name.endswith("ends"):
            agree(pred.grad, case.gradient, pred.dtype)


# --- layers of 09 -----------------------------------------------------------------------------------------------------


@layouts
@pytest.mark.parametrize(("case", "epsilon"), [("usual", 1e-5), ("rows", 1e-3), ("one-image", 0.5)])
def test_batch_normalization(case, epsilon, layout) -> None:
    for step in range(3):  # batches seen while learning
        key = f"norm/{case}/{step}"
        layer = BatchNorm2d(len(SPATIAL[f"norm/{case}/weight"]), epsilon=epsilon)
        for name in ("weight", "bias"):
            setattr(layer, name, leaf(placed(layout, SPATIAL[f"norm/{case}/{name}"])))
        x = leaf(placed(layout, SPATIAL[f"{key}/x"]))
        layer(x).backward(placed(layout, SPATIAL[f"{key}/upstream"]))
        for name, tensor in {"x": x, "weight": layer.weight, "bias": layer.bias}.items():
            agree(tensor.grad, SPATIAL[f"{key}/gradient/{name}"], tensor.dtype)


def test_no_rule_of_the_library_is_left_out() -> None:
    """A new primitive needs saved gradients: those of 02 and 07 stand here, those of 09 in its own tests too."""
    own = {case.op for case in OPERATIONS if case.upstream is not None}
    ours = (autograd.__name__, spatial.__name__)
    rules = {op for op, rule in autograd.GRADIENTS["numpy"].items() if rule.__module__ in ours}
    assert rules - own == {"conv2d", "max_pool2d", "avg_pool2d", "batch_norm"}
    assert own <= rules
    assert {key.split("/")[0] for key in SPATIAL} >= {"conv", "max", "avg", "norm"}
