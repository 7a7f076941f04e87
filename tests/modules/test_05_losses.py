"""Module 05 in the reference library: the contract of `core.losses` line by line, and PyTorch's numbers."""

import importlib.util
import math
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tinytorch_lib.core import losses
from tinytorch_lib.core import tensor as core
from tinytorch_lib.core.activations import Sigmoid, Softmax
from tinytorch_lib.core.losses import BinaryCrossEntropyLoss, CrossEntropyLoss, L1Loss, Loss, MSELoss, log_softmax
from tinytorch_lib.core.tensor import KERNELS, Tensor, apply, register_kernel, use_backend

pytestmark = pytest.mark.m05

same_every_time = settings(derandomize=True, deadline=None, max_examples=100)
PAIRED = [L1Loss, MSELoss, BinaryCrossEntropyLoss]


def _oracle() -> ModuleType:
    path = Path(__file__).parents[1] / "oracles" / "make_05_losses.py"
    spec = importlib.util.spec_from_file_location("make_05_losses", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # a dataclass looks its module up there
    spec.loader.exec_module(module)
    return module


CASES = _oracle().read_cases()


def keep(array) -> Tensor:
    """A Tensor of the array's own type."""
    array = np.asarray(array)
    return Tensor(array, dtype=array.dtype)


def example(kind, dtype=np.float32) -> tuple[Tensor, np.ndarray]:
    """A prediction and a target that `kind` accepts."""
    generator = np.random.default_rng(0)
    if kind is CrossEntropyLoss:
        return keep(generator.standard_normal((4, 3)).astype(dtype)), np.array([0, 2, 1, 1])
    pred, target = generator.uniform(0.1, 0.9, (2, 4, 3)).astype(dtype)
    return keep(pred), target


def slope_of_replay(function: Callable[[Tensor], Tensor], x: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """How the output moves with x when only the operations that `apply` reported are computed again."""
    start = keep(x.astype(np.float64))
    tensors, calls = [start], []  # kept alive, so that no identity is used twice

    def record(output, op, inputs, arrays, attributes) -> None:
        places = {id(tensor): place for place, tensor in enumerate(tensors)}
        calls.append((op, [places.get(id(value)) for value in inputs], arrays, attributes))
        tensors.append(output)

    former = core.ACTIVE.recorder, core.ACTIVE.backward
    core.install_engine(record, core.ACTIVE.backward)
    try:
        output = function(start)
    finally:
        core.install_engine(*former)

    def again(moved: np.ndarray) -> np.ndarray:
        values = [keep(moved)]
        for op, places, arrays, attributes in calls:
            inputs = [
                keep(array) if place is None else values[place] for place, array in zip(places, arrays, strict=True)
            ]
            values.append(apply(op, *inputs, **attributes))
        last = next(place for place, tensor in enumerate(tensors) if tensor is output)
        return values[last].data

    step = 1e-5
    ahead, behind = again(start.data + step * direction), again(start.data - step * direction)
    return (ahead - behind) / (2 * step)


# --- PyTorch's numbers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_agrees_with_pytorch(case, dtype) -> None:
    pred = keep(case.pred.astype(dtype))
    before = pred.data.copy()
    tolerance = {"rtol": 1e-5, "atol": 1e-6} if dtype == np.float32 else {"rtol": 1e-11, "atol": 1e-13}
    if case.kind == "log_softmax":
        output = log_softmax(pred, axis=int(case.target))
    else:
        criterion = getattr(losses, case.kind)()
        target = case.target.astype(dtype) if case.target.dtype.kind == "f" else case.target
        output = criterion(pred, keep(target))
        gradient = criterion.backward()
        assert isinstance(gradient, Tensor) and gradient.dtype == dtype and gradient.shape == pred.shape
        # the bound of binary cross-entropy's denominator, 1e-12, is a float32 in PyTorch even for float64
        loose = {"rtol": max(1e-8, tolerance["rtol"])} if case.name == "BinaryCrossEntropyLoss ends" else {}
        np.testing.assert_allclose(gradient.data, case.gradient, **(tolerance | loose))
    assert isinstance(output, Tensor) and output.dtype == dtype and output.shape == case.output.shape
    np.testing.assert_allclose(output.data, case.output, **tolerance)
    np.testing.assert_array_equal(pred.data, before)


def is_smooth(case) -> bool:
    """No corner and no end nearby: then central differences are exact enough."""
    return case.kind != "L1Loss" and not case.name.endswith(("far", "masked", "ends"))


@pytest.mark.parametrize("case", [case for case in CASES if is_smooth(case)], ids=lambda case: case.name)
def test_forwards_can_be_differentiated_from_their_operations(case) -> None:
    """What module 07 will do: it sees the operations alone, and must find PyTorch's gradient."""
    direction = np.cos(np.arange(case.pred.size)).reshape(case.pred.shape) * 1e-1
    if case.kind == "BinaryCrossEntropyLoss":
        direction = direction * case.pred * (1.0 - case.pred)  # stays between 0 and 1
    if case.kind == "log_softmax":
        weights = np.cos(np.arange(case.output.size)).reshape(case.output.shape)
        moved = np.sum(weights * slope_of_replay(lambda x: log_softmax(x, int(case.target)), case.pred, direction))
    else:
        target = keep(case.target)
        moved = slope_of_replay(lambda x: getattr(losses, case.kind)()(x, target), case.pred, direction)
    np.testing.assert_allclose(moved, np.sum(case.gradient * direction), rtol=1e-6, atol=1e-9)


def test_the_oracle_covers_every_kind() -> None:
    assert {case.kind for case in CASES} == set(_oracle().KINDS)


# --- what all losses have in common -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [*PAIRED, CrossEntropyLoss])
def test_a_loss_is_a_scalar_tensor_of_the_predictions_type(kind) -> None:
    for dtype in (np.float16, np.float32, np.float64):
        pred, target = example(kind, dtype)
        criterion = kind()
        loss = criterion(pred, target)
        assert isinstance(criterion, Loss) and isinstance(loss, Tensor)
        assert loss.shape == () and loss.dtype == dtype
        assert criterion.backward().dtype == dtype


@pytest.mark.parametrize("kind", [*PAIRED, CrossEntropyLoss])
def test_arrays_and_lists_are_taken_as_float32(kind) -> None:
    pred, target = example(kind, np.float64)
    expected = kind()(pred, target).item()
    for given_pred, given_target in (
        (pred.data, target),
        (pred.tolist(), target.tolist()),
        (pred.data, Tensor(target)),
    ):
        loss = kind()(given_pred, given_target)
        assert loss.dtype == np.float32
        assert loss.item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("kind", PAIRED)
def test_integers_become_float32(kind) -> None:
    criterion = kind()
    loss = criterion(Tensor([1, 0, 1]), Tensor([1, 0, 0]))
    assert loss.dtype == np.float32 and criterion.backward().dtype == np.float32


def test_integer_logits_become_float32() -> None:
    assert CrossEntropyLoss()(Tensor([[1, 0]]), [0]).dtype == np.float32
    assert log_softmax(Tensor([[1, 0]])).dtype == np.float32


def test_a_float64_target_does_not_change_the_gradients_type() -> None:
    criterion = MSELoss()
    criterion(Tensor([1.0]), Tensor([0.0], dtype=np.float64))
    assert criterion.backward().dtype == np.float32


@pytest.mark.parametrize("kind", [*PAIRED, CrossEntropyLoss])
def test_backward_before_a_loss_is_an_error(kind) -> None:
    with pytest.raises(RuntimeError, match=f"{kind.__name__}.backward was called before"):
        kind().backward()


@pytest.mark.parametrize("kind", [*PAIRED, CrossEntropyLoss])
def test_backward_belongs_to_the_last_call_and_can_be_asked_twice(kind) -> None:
    pred, target = example(kind)
    criterion, fresh = kind(), kind()
    criterion(pred * 0.5, target)
    criterion(pred, target)
    fresh(pred, target)
    first, second = criterion.backward(), criterion.backward()
    np.testing.assert_array_equal(first.data, fresh.backward().data)
    np.testing.assert_array_equal(first.data, second.data)
    assert not np.shares_memory(first.data, second.data) and not np.shares_memory(first.data, pred.data)


@pytest.mark.parametrize("kind", [*PAIRED, CrossEntropyLoss])
def test_neither_prediction_nor_target_is_changed(kind) -> None:
    pred, target = example(kind)
    copies = pred.data.copy(), target.copy()
    criterion = kind()
    criterion(pred, target)
    criterion.backward()
    np.testing.assert_array_equal(pred.data, copies[0])
    np.testing.assert_array_equal(target, copies[1])


@pytest.mark.parametrize("kind", [*PAIRED, CrossEntropyLoss])
def test_hand_written_backward_does_not_touch_grad(kind) -> None:
    pred, target = example(kind)
    pred.requires_grad = True
    criterion = kind()
    criterion(pred, target)
    criterion.backward()
    assert pred.grad is None


@pytest.fixture
def counting() -> Iterator[dict[str, int]]:
    """How often each operation of 02 is computed, counted by a backend."""
    counts: dict[str, int] = {}

    def counted(op: str) -> Callable:
        def kernel(*arrays, **attributes):
            counts[op] = counts.get(op, 0) + 1
            return KERNELS["numpy"][op](*arrays, **attributes)

        return kernel

    for op in list(KERNELS["numpy"]):
        register_kernel(op, counted(op), backend="test-counting")
    yield counts
    del KERNELS["test-counting"]


@pytest.mark.parametrize(
    ("kind", "operations"),
    [
        (L1Loss, {"sub", "abs", "mean"}),
        (MSELoss, {"sub", "mul", "mean"}),
        (CrossEntropyLoss, {"max", "sub", "exp", "sum", "log", "getitem", "mean", "neg"}),
        (BinaryCrossEntropyLoss, {"where", "log", "mul", "sub", "mean", "neg"}),
    ],
)
def test_forwards_go_through_the_dispatch_point(kind, operations, counting) -> None:
    pred, target = example(kind)
    plain = kind()(pred, target)
    with use_backend("test-counting"):
        counted = kind()(pred, target)
    assert operations <= set(counting)
    np.testing.assert_array_equal(counted.data, plain.data)


@pytest.mark.parametrize("kind", [*PAIRED, CrossEntropyLoss])
def test_gradients_agree_with_central_differences(kind) -> None:
    pred, target = example(kind, np.float64)
    criterion = kind()
    criterion(pred, target)
    gradient, step = criterion.backward().data, 1e-6
    for place in np.ndindex(*pred.shape):
        ahead, behind = pred.data.copy(), pred.data.copy()
        ahead[place] += step
        behind[place] -= step
        numeric = (kind()(keep(ahead), target).item() - kind()(keep(behind), target).item()) / (2 * step)
        assert gradient[place] == pytest.approx(numeric, rel=1e-6, abs=1e-9)


# --- bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", PAIRED)
@pytest.mark.parametrize("shapes", [((3, 1), (3,)), ((3,), (3, 1)), ((2, 3), (3, 2)), ((), (1,)), ((4,), (5,))])
def test_shapes_must_be_equal_and_nothing_is_broadcast(kind, shapes) -> None:
    pred, target = (np.full(shape, 0.5) for shape in shapes)
    with pytest.raises(ValueError, match="same shape") as caught:
        kind()(Tensor(pred), target)
    assert str(shapes[0]) in str(caught.value) and str(shapes[1]) in str(caught.value)


@pytest.mark.parametrize("kind", PAIRED)
@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
def test_an_empty_batch_is_refused(kind, shape) -> None:
    with pytest.raises(ValueError, match="empty batch"):
        kind()(Tensor(np.zeros(shape)), np.zeros(shape))


@pytest.mark.parametrize("classes", [np.zeros(0, dtype=np.int64), []])
def test_an_empty_batch_of_classes_is_refused(classes) -> None:
    with pytest.raises(ValueError, match="empty batch"):
        CrossEntropyLoss()(Tensor(np.zeros((0, 3))), classes)


@pytest.mark.parametrize(("classes", "wrong"), [([0, 3], "3"), ([-1, 0], "-1"), ([0, 255], "255"), ([-4, 0], "-4")])
def test_a_class_out_of_range_is_named(classes, wrong) -> None:
    with pytest.raises(ValueError, match=rf"class {wrong} is out of range.*3 logits.*0 to 2"):
        CrossEntropyLoss()(Tensor(np.zeros((2, 3))), classes)


@pytest.mark.parametrize("classes", [[0.0, 1.0], [True, False], np.array([0.0, 1.0]), ["a", "b"]])
def test_classes_must_be_integers(classes) -> None:
    with pytest.raises(TypeError, match="classes must be integers, got"):
        CrossEntropyLoss()(Tensor(np.zeros((2, 3))), classes)


@pytest.mark.parametrize(
    ("logits", "classes"), [((2, 3), (3,)), ((2, 3), (2, 1)), ((2, 3), (2, 3)), ((3,), (1,)), ((2, 3), ()), ((), ())]
)
def test_logits_and_classes_must_fit(logits, classes) -> None:
    with pytest.raises(ValueError, match="logits") as caught:
        CrossEntropyLoss()(Tensor(np.zeros(logits)), np.zeros(classes, dtype=np.int64))
    assert str(logits) in str(caught.value) and str(classes) in str(caught.value)


@pytest.mark.parametrize("wrong", [-0.25, 1.5, 17.0, np.nan, np.inf])
def test_binary_cross_entropy_wants_probabilities(wrong) -> None:
    with pytest.raises(ValueError, match=f"probabilities must be from 0 to 1, got {wrong}"):
        BinaryCrossEntropyLoss()(Tensor([0.5, wrong]), [1.0, 1.0])
    with pytest.raises(ValueError, match=f"targets must be from 0 to 1, got {wrong}"):
        BinaryCrossEntropyLoss()(Tensor([0.5, 0.5]), [1.0, wrong])


@pytest.mark.parametrize("axis", [2, -3])
def test_log_softmax_along_a_missing_axis(axis) -> None:
    with pytest.raises(ValueError, match="axis"):
        log_softmax(Tensor(np.zeros((2, 3))), axis=axis)


# --- numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logits_of_a_thousand_are_finite_and_silent(dtype) -> None:
    far = keep(np.array([[1000.0, -1000.0, 0.0], [-1000.0, 1000.0, 1000.0]], dtype=dtype))
    criterion = CrossEntropyLoss()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loss, gradient = criterion(far, [1, 2]), criterion.backward()
    assert loss.item() == pytest.approx((2000 + math.log(2)) / 2)
    np.testing.assert_allclose(gradient.data, [[0.5, -0.5, 0.0], [0.0, 0.25, -0.25]], atol=1e-7)


def test_binary_cross_entropy_at_the_ends() -> None:
    criterion = BinaryCrossEntropyLoss()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert criterion(Tensor([0.0, 1.0]), [0.0, 1.0]).item() == 0
        np.testing.assert_array_equal(criterion.backward().data, [0, 0])
        assert criterion(Tensor([0.0, 1.0]), [1.0, 0.0]).item() == 100
        np.testing.assert_allclose(criterion.backward().data, [-5e11, 5e11])


def test_clamped_log_has_no_infinite_step() -> None:
    """An infinite intermediate would become nan in the gradient that 07 derives."""
    outputs = []
    former = core.ACTIVE.recorder, core.ACTIVE.backward
    core.install_engine(lambda output, *_: outputs.append(output.data), core.ACTIVE.backward)
    try:
        result = losses.clamped_log(Tensor([0.0, 1e-45, 1e-30, 1.0]))
    finally:
        core.install_engine(*former)
    np.testing.assert_allclose(result.data, [-100, -100, -30 * math.log(10), 0], rtol=1e-6)
    assert outputs and all(np.all(np.isfinite(array)) for array in outputs)


def test_logits_may_be_a_view() -> None:
    """Their memory lies in another order, so that a reshape copies."""
    logits = Tensor(np.random.default_rng(0).standard_normal((2, 5, 3))).permute(0, 2, 1)
    classes = np.array([[0, 4, 2], [1, 1, 3]])
    viewed, copied = CrossEntropyLoss(), CrossEntropyLoss()
    assert viewed(logits, classes).item() == pytest.approx(copied(keep(logits.data.copy()), classes).item())
    np.testing.assert_allclose(viewed.backward().data, copied.backward().data, rtol=1e-6)


def test_knowing_nothing_costs_the_logarithm_of_the_number_of_classes() -> None:
    for count in (1, 2, 10, 1000):
        assert CrossEntropyLoss()(Tensor(np.full((3, count), 7.0)), [0, 0, count - 1]).item() == pytest.approx(
            math.log(count)
        )


def test_cross_entropy_of_two_classes_is_binary_cross_entropy_of_the_sigmoid() -> None:
    lead = np.linspace(-8, 8, 33)
    truth = np.arange(33) % 2
    one, two, squeeze = BinaryCrossEntropyLoss(), CrossEntropyLoss(), Sigmoid()
    first = one(squeeze(keep(lead)), keep(truth * 1.0))
    second = two(keep(np.stack([0 * lead, lead], axis=1)), truth)
    assert first.item() == pytest.approx(second.item(), rel=1e-9)
    np.testing.assert_allclose(squeeze.backward(one.backward()).data, two.backward().data[:, 1], rtol=1e-7)


logit_arrays = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=1, max_dims=4, max_side=4),
    elements=st.floats(-1000, 1000, allow_subnormal=False),
)


@same_every_time
@given(logit_arrays, st.data())
def test_cross_entropy_properties(logits, data) -> None:
    classes = data.draw(hnp.arrays(np.int64, logits.shape[:-1], elements=st.integers(0, logits.shape[-1] - 1)))
    criterion = CrossEntropyLoss()
    loss = criterion(keep(logits), classes)
    gradient = criterion.backward().data
    rows = classes.size
    assert np.isfinite(loss.item()) and loss.item() >= 0
    np.testing.assert_allclose(gradient.sum(axis=-1), 0, atol=1e-12)  # raising all logits alike changes nothing
    one_hot = np.arange(logits.shape[-1]) == classes[..., None]
    assert np.all(gradient[one_hot] <= 0) and np.all(gradient[~one_hot] >= 0)
    assert np.abs(gradient).max() <= 1 / rows
    assert CrossEntropyLoss()(keep(logits + 50.0), classes).item() == pytest.approx(loss.item(), rel=1e-9, abs=1e-9)
    np.testing.assert_allclose((gradient * rows + one_hot), Softmax()(keep(logits)).data, atol=1e-12)


@same_every_time
@given(logit_arrays, st.data())
def test_log_softmax_properties(x, data) -> None:
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    result = log_softmax(keep(x), axis=axis).data
    assert result.shape == x.shape and np.all(result <= 0) and np.all(np.isfinite(result))
    np.testing.assert_allclose(np.exp(result).sum(axis=axis), 1, rtol=1e-12)
    largest = x.max(axis=axis, keepdims=True)
    np.testing.assert_allclose(result - result.max(axis=axis, keepdims=True), x - largest, atol=1e-9)


@same_every_time
@given(
    hnp.array_shapes(min_dims=0, max_dims=4, max_side=4).flatmap(
        lambda shape: hnp.arrays(np.float64, (2, *shape), elements=st.floats(-1e3, 1e3, allow_subnormal=False))
    )
)
def test_squared_and_absolute_error_properties(pair) -> None:
    pred, target = keep(pair[0]), keep(pair[1])
    square, absolute = MSELoss(), L1Loss()
    squared = square(pred, target).item()
    assert squared >= absolute(pred, target).item() ** 2 * (
        1 - 1e-12
    )  # the mean of squares is at least the squared mean
    assert MSELoss()(target, pred).item() == pytest.approx(squared)
    assert MSELoss()(pred, pred).item() == 0
    # for a parabola a step of the gradient's half times n lands on the target
    landed = pred.data - square.backward().data * pred.size / 2
    np.testing.assert_allclose(landed, target.data, atol=1e-9)
    np.testing.assert_array_equal(absolute.backward().data * pred.size, np.sign(pred.data - target.data))
