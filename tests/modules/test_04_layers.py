"""Module 04 in the reference library: the contract of `core.layers`, line by line, and PyTorch's numbers."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinytorch_lib
from tinytorch_lib.core import tensor as core
from tinytorch_lib.core.activations import GELU, Activation, ReLU, Sigmoid, Softmax, Tanh
from tinytorch_lib.core.layers import Dense, Dropout, Flatten, Layer, Linear, Sequential, accumulate, find_members
from tinytorch_lib.core.tensor import Tensor, manual_seed, randn

pytestmark = pytest.mark.m04

ORACLE = Path(__file__).parents[1] / "oracles" / "04_layers.npz"


@pytest.fixture(scope="module")
def oracle() -> dict[str, np.ndarray]:
    """PyTorch's numbers (made by tests/oracles/make_04_layers.py)."""
    with np.load(ORACLE, allow_pickle=False) as file:
        return {key: file[key] for key in file.files}


def oracle_cases(kind: str) -> list[str]:
    with np.load(ORACLE, allow_pickle=False) as file:
        return sorted({key.split("/")[1] for key in file.files if key.startswith(f"{kind}/")})


def agree(got: Tensor | np.ndarray, expected: np.ndarray) -> None:
    """The numbers agree to 1e-5 of the largest."""
    got = got.data if isinstance(got, Tensor) else got
    assert got.shape == expected.shape
    scale = np.abs(expected).max(initial=1e-6)
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5 * scale)


def holder(**attributes: object) -> Layer:
    """A bare layer with these attributes."""
    layer = Layer()
    for name, value in attributes.items():
        setattr(layer, name, value)
    return layer


def names(layer: Layer) -> list[str]:
    return [name for name, _ in find_members(layer)]


def small_model() -> Sequential:
    manual_seed(0)
    return Sequential(Flatten(), Linear(6, 4), Tanh(), Dropout(0.5), Sequential([Linear(4, 2, bias=False)]))


# --- numbers: PyTorch's ------------------------------------------------------------------


@pytest.mark.parametrize("strided", [False, True])
@pytest.mark.parametrize("case", oracle_cases("linear"))
def test_linear_agrees_with_pytorch(oracle, case, strided) -> None:
    def array(name: str) -> np.ndarray:
        found = oracle[f"linear/{case}/{name}"]
        return np.asfortranarray(np.repeat(found, 2, axis=-1))[..., ::2] if strided else found

    bias = f"linear/{case}/bias" in oracle
    outputs, inputs = array("weight").shape
    layer = Linear(inputs, outputs, bias=bias)
    layer.weight = core.from_numpy(array("weight"))
    layer.weight.requires_grad = True
    if bias:
        layer.bias = Tensor(array("bias"), requires_grad=True)
    output = layer(core.from_numpy(array("x")))
    agree(output, oracle[f"linear/{case}/output"])
    back = layer.backward(core.from_numpy(array("upstream")))
    agree(back, oracle[f"linear/{case}/gradient/x"])
    for name in ("weight", "bias")[: 1 + bias]:
        gradient = getattr(layer, name).grad
        agree(gradient, oracle[f"linear/{case}/gradient/{name}"])
        assert isinstance(gradient, Tensor)
        assert gradient.data.flags.owndata
        assert gradient.dtype == np.float32
    assert output.dtype == back.dtype == np.float32


@pytest.mark.parametrize("case", oracle_cases("flatten"))
def test_flatten_agrees_with_pytorch(oracle, case) -> None:
    x, expected = oracle[f"flatten/{case}/x"], oracle[f"flatten/{case}/output"]
    layer = Flatten()
    output = layer(Tensor(x))
    np.testing.assert_array_equal(output.data, expected)
    back = layer.backward(output)
    np.testing.assert_array_equal(back.data, x)
    assert not np.shares_memory(back.data, output.data)


def test_dropout_agrees_with_pytorch_given_its_mask(oracle, monkeypatch) -> None:
    # a generator that draws exactly PyTorch's mask: kept numbers are the ones at or above p
    draws = SimpleNamespace(random=lambda shape: np.where(oracle["dropout/kept"], 0.3, 0.2999).reshape(shape))
    monkeypatch.setattr("tinytorch_lib.core.layers.generator", lambda: draws)
    layer = Dropout(0.3)
    agree(layer(Tensor(oracle["dropout/x"])), oracle["dropout/output"])
    agree(layer.backward(Tensor(oracle["dropout/upstream"])), oracle["dropout/gradient"])


def pytorch_model(oracle: dict[str, np.ndarray]) -> Sequential:
    model = Sequential(Flatten(), Linear(12, 8), ReLU(), Sequential(Linear(8, 6, bias=False), Tanh()), Linear(6, 3))
    state = {key.removeprefix("model/state/"): value for key, value in oracle.items() if "/state/" in key}
    model.load_state_dict(state)
    return model


def test_a_model_takes_pytorchs_state_under_pytorchs_names(oracle) -> None:
    model = pytorch_model(oracle)
    assert list(model.state_dict()) == ["1.weight", "1.bias", "3.0.weight", "4.weight", "4.bias"]
    agree(model(Tensor(oracle["model/x"])), oracle["model/output"])


def test_gradients_of_a_model_add_up_over_two_backwards_as_pytorchs(oracle) -> None:
    model = pytorch_model(oracle)
    total = np.zeros_like(oracle["model/x"])
    for k in (0, 1):
        model(Tensor(oracle["model/x"]))
        total += model.backward(Tensor(oracle[f"model/upstream{k}"])).data
    agree(total, oracle["model/gradient-x"])
    for name, parameter in model.named_tensors().items():
        agree(parameter.grad, oracle[f"model/gradient/{name}"])
    model.zero_grad()
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize("size", oracle_cases("init"))
def test_initial_weights_spread_like_pytorchs(oracle, size) -> None:
    manual_seed(4)
    inputs, outputs = map(int, size.split("x"))
    layer = Linear(inputs, outputs)
    for name, tensor in layer.named_tensors().items():
        largest, std = oracle[f"init/{size}/{name}"]
        assert np.abs(tensor.data).max() <= inputs**-0.5 * 1.000001
        np.testing.assert_allclose(np.abs(tensor.data).max(), largest, rtol=0.02)
        np.testing.assert_allclose(tensor.data.std(), std, rtol=0.1)


# --- Linear -------------------------------------------------------------------------------


def test_linear_has_the_contracts_attributes() -> None:
    layer = Linear(3, 2)
    assert layer.weight.shape == (2, 3)
    assert layer.bias.shape == (2,)
    assert layer.weight.requires_grad and layer.bias.requires_grad
    assert layer.weight.dtype == layer.bias.dtype == np.float32
    assert Linear(3, 2, bias=False).bias is None
    assert Dense is Linear
    assert tinytorch_lib.Linear is Linear
    assert repr(layer) == "Linear(3, 2)"


@pytest.mark.parametrize(("inputs", "outputs"), [(0, 1), (1, 0), (-3, 2)])
def test_linear_refuses_sizes_below_one(inputs, outputs) -> None:
    with pytest.raises(ValueError, match=f"{inputs} and {outputs}"):
        Linear(inputs, outputs)


@pytest.mark.parametrize(("inputs", "outputs"), [(2.5, 1), (1, "3"), (None, 2), (1, 2.0)])
def test_linear_refuses_sizes_that_are_no_integers(inputs, outputs) -> None:
    with pytest.raises(TypeError, match="whole numbers of inputs and outputs, got"):
        Linear(inputs, outputs)
    assert Linear(np.int64(2), np.int32(1)).weight.shape == (1, 2)


@pytest.mark.parametrize("shape", [(2, 4), (4,), (), (3, 1)])
def test_linear_refuses_inputs_of_another_width(shape) -> None:
    with pytest.raises(ValueError, match=r"length 3, got x of shape \("):
        Linear(3, 2)(Tensor(np.ones(shape)))


def test_the_seed_decides_the_weights() -> None:
    manual_seed(7)
    first = Linear(5, 5).weight.data
    second = Linear(5, 5).weight.data
    manual_seed(7)
    np.testing.assert_array_equal(Linear(5, 5).weight.data, first)
    assert np.any(first != second)


@pytest.mark.parametrize("x", [[[1, 2, 3]], np.array([[1.0, 2.0, 3.0]]), Tensor([[1, 2, 3]])])
def test_layers_take_lists_arrays_and_integers(x) -> None:
    layer = Linear(3, 2)
    output = layer(x)
    assert output.dtype == np.float32
    assert layer.backward(np.ones((1, 2), dtype=np.float32)).dtype == np.float32


def test_float64_stays_float64_but_gradients_have_the_parameters_type() -> None:
    layer = Linear(3, 2)
    assert layer(Tensor(np.ones((1, 3)), dtype=np.float64)).dtype == np.float64
    assert layer.backward(Tensor(np.ones((1, 2)), dtype=np.float64)).dtype == np.float64
    assert layer.weight.grad.dtype == np.float32


def test_a_frozen_parameter_is_none_of_parameters_and_gets_no_gradient() -> None:
    layer = Linear(3, 2)
    layer.weight.requires_grad = False
    layer(randn(4, 3))
    layer.backward(randn(4, 2))
    assert layer.weight.grad is None
    assert layer.bias.grad is not None
    assert [p is layer.bias for p in layer.parameters()] == [True]
    assert list(layer.state_dict()) == ["weight", "bias"]


def test_backward_shares_no_memory_with_what_it_was_given() -> None:
    layer = Linear(2, 2)
    x, gradient = randn(2), randn(2)
    layer(x)
    layer.backward(gradient)
    arrays = [layer.weight.grad.data, layer.bias.grad.data]
    assert not any(np.shares_memory(array, other.data) for array in arrays for other in (x, gradient))


def test_a_layer_called_twice_keeps_only_the_last_call() -> None:
    layer = Linear(2, 1, bias=False)
    layer(Tensor([[1.0, 2.0]]))
    layer(Tensor([[3.0, 5.0]]))
    layer.backward(Tensor([[1.0]]))
    np.testing.assert_array_equal(layer.weight.grad.data, [[3.0, 5.0]])


@given(st.lists(st.integers(0, 3), max_size=3), st.integers(1, 4), st.integers(1, 4), st.integers(0, 2**32))
def test_linear_is_linear_and_its_backward_is_its_transpose(leading, inputs, outputs, seed) -> None:
    """<g, L x> = <L^T g, x> for every x and g: the definition of a backward, without a formula for it."""
    draw = np.random.default_rng(seed)
    layer = Linear(inputs, outputs, bias=False)
    layer.weight = Tensor(draw.standard_normal((outputs, inputs)), requires_grad=True, dtype=np.float64)
    x = Tensor(draw.standard_normal((*leading, inputs)), dtype=np.float64)
    gradient = Tensor(draw.standard_normal((*leading, outputs)), dtype=np.float64)
    value = np.sum(gradient.data * layer(x).data)
    back = layer.backward(gradient)
    np.testing.assert_allclose(np.sum(back.data * x.data), value, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(np.sum(layer.weight.grad.data * layer.weight.data), value, rtol=1e-9, atol=1e-9)


# --- backward before forward, wrong gradients ----------------------------------------------


@pytest.mark.parametrize("layer", [Flatten(), Linear(2, 3), Dropout(), Sequential(Linear(2, 3))])
def test_backward_before_forward_is_a_runtime_error(layer) -> None:
    with pytest.raises(RuntimeError, match="before forward"):
        layer.backward(Tensor(np.ones((1, 3))))


@pytest.mark.parametrize("layer", [Linear(3, 2), Dropout(), Flatten(), Sequential(Linear(3, 2))])
def test_a_gradient_of_the_wrong_shape_is_a_value_error(layer) -> None:
    layer(Tensor(np.ones((4, 3))))
    with pytest.raises(ValueError, match=r"shape \(1, 2\), its output had \(4, "):
        layer.backward(Tensor(np.ones((1, 2))))


def test_a_base_layer_says_what_is_missing() -> None:
    with pytest.raises(NotImplementedError, match="Layer defines no forward"):
        Layer()(Tensor([1.0]))
    with pytest.raises(NotImplementedError, match="Layer defines no backward"):
        Layer().backward(Tensor([1.0]))


def test_a_gradient_of_another_shape_is_not_broadcast_into_a_parameter() -> None:
    with pytest.raises(ValueError, match=r"\(1, 2\).*\(2,\)"):
        accumulate(Tensor([[1.0, 2.0]], requires_grad=True), np.ones(2))


@pytest.mark.parametrize("shape", [(), (3,)])
def test_flatten_refuses_less_than_two_axes(shape) -> None:
    with pytest.raises(ValueError, match="Flatten"):
        Flatten()(Tensor(np.ones(shape)))


# --- finding members ------------------------------------------------------------------------


def test_members_come_in_order_of_assignment_with_lists_tuples_and_dictionaries_opened() -> None:
    class Model(Layer):
        def __init__(self) -> None:
            self.scale = Tensor([1.0], requires_grad=True)
            self.blocks = [Linear(2, 2), (Tanh(), [Linear(2, 1, bias=False)])]
            self.count = 3
            self.table = {"left": Tensor([0]), "right": Flatten()}
            self.last = Linear(1, 1)

    model = Model()
    assert names(model) == [
        "scale", "blocks.0", "blocks.0.weight", "blocks.0.bias", "blocks.1.0", "blocks.1.1.0", "blocks.1.1.0.weight",
        "table.left", "table.right", "last", "last.weight", "last.bias",
    ]  # fmt: skip
    assert [parameter.shape for parameter in model.parameters()] == [(1,), (2, 2), (2,), (1, 2), (1, 1), (1,)]
    model.scale = Tensor([2.0], requires_grad=True)
    assert names(model)[0] == "scale", "assigning again keeps the place, as in PyTorch"


def test_shared_layers_and_weights_are_found_once() -> None:
    layer, other = Linear(2, 2), Linear(2, 2)
    other.weight = layer.weight
    model = holder(first=layer, again=layer, other=other)
    assert names(model) == ["first", "first.weight", "first.bias", "other", "other.bias"]
    assert len(model.parameters()) == 3
    assert list(model.state_dict()) == ["first.weight", "first.bias", "other.bias"]


def test_equal_tensors_are_still_two() -> None:
    assert len(holder(a=Tensor([1.0], requires_grad=True), b=Tensor([1.0], requires_grad=True)).parameters()) == 2


def test_parts_that_know_the_whole_do_not_trap_the_search() -> None:
    model = holder(part=Linear(2, 2))
    model.part.owner = model
    assert names(model) == ["part", "part.weight", "part.bias"]
    assert not model.eval().part.training


def test_what_forward_saves_is_no_state() -> None:
    layer = Linear(2, 2)
    layer(randn(3, 2))
    layer.saved = Tensor(layer.saved)
    assert list(layer.state_dict()) == ["weight", "bias"]


@given(st.recursive(st.just(None), lambda part: st.lists(part, max_size=3), max_leaves=12))
def test_every_tensor_of_any_tree_is_found_once(tree) -> None:
    tensors: list[Tensor] = []

    def build(part: list | None) -> Layer | Tensor:
        if part is None:
            tensors.append(Tensor([float(len(tensors))], requires_grad=True))
            return tensors[-1]
        return holder(children=[build(child) for child in part])

    model = holder(root=build(tree))
    found = model.parameters()
    assert len(found) == len(tensors)
    assert all(a is b for a, b in zip(found, tensors, strict=True))
    assert len(set(names(model))) == len(names(model))


# --- train and eval -------------------------------------------------------------------------


def test_train_and_eval_reach_every_child_activations_too() -> None:
    model = holder(blocks=[small_model(), [GELU()]], head=Sequential(Softmax()))
    children = [member for _, member in find_members(model) if isinstance(member, (Layer, Activation))]
    assert len(children) == 10
    assert model.eval() is model
    assert not any(child.training for child in [model, *children])
    assert model.train() is model
    assert all(child.training for child in [model, *children])
    model.train(False)
    assert not any(child.training for child in [model, *children])


def test_layers_start_in_training() -> None:
    assert Linear(1, 1).training and Dropout().training and Sequential().training


# --- state ----------------------------------------------------------------------------------


def test_state_dict_is_a_flat_dict_of_copies() -> None:
    model = small_model()
    model.statistics = Tensor([3, 4])
    state = model.state_dict()
    assert list(state) == ["1.weight", "1.bias", "4.0.weight", "statistics"]
    for name, tensor in model.named_tensors().items():
        assert isinstance(state[name], Tensor)
        assert state[name].dtype == tensor.dtype
        np.testing.assert_array_equal(state[name].data, tensor.data)
        assert not np.shares_memory(state[name].data, tensor.data)


def test_a_state_goes_through_a_file_bit_by_bit(tmp_path) -> None:
    model, other = small_model(), small_model()
    for parameter in other.parameters():
        parameter.data = parameter.data * 2
    np.savez(tmp_path / "model.npz", **model.state_dict())
    with np.load(tmp_path / "model.npz", allow_pickle=False) as state:
        other.load_state_dict(state)
    x = randn(3, 2, 3)
    assert np.array_equal(model.eval()(x).data, other.eval()(x).data)


def test_loading_copies_into_the_same_tensors_and_keeps_dtype() -> None:
    layer = Linear(2, 1)
    held, state = layer.weight, {"weight": np.array([[1.0, 2.0]]), "bias": Tensor([3.0])}
    layer.load_state_dict(state)
    state["weight"][...] = 0
    state["bias"].data[...] = 0
    assert layer.weight is held
    assert layer.weight.dtype == np.float32
    np.testing.assert_array_equal(layer.weight.data, [[1.0, 2.0]])
    np.testing.assert_array_equal(layer.bias.data, [3.0])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"1.bias": None}, ["1.bias"]),
        ({"5.weight": np.ones(2)}, ["5.weight"]),
        ({"1.bias": np.ones(5)}, ["1.bias", r"\(5,\)", r"\(4,\)"]),
        ({"4.0.weight": np.ones((4, 2))}, ["4.0.weight", r"\(4, 2\)", r"\(2, 4\)"]),
        ({"4.0.weight": np.ones((1, 4))}, ["4.0.weight", r"\(1, 4\)", r"\(2, 4\)"]),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing_and_says_why(change, words) -> None:
    model = small_model()
    state = {name: Tensor(np.full(t.shape, 9.0)) for name, t in model.named_tensors().items()} | change
    state = {name: value for name, value in state.items() if value is not None}
    before = model.state_dict()
    for word in words:
        with pytest.raises(ValueError, match=word):
            model.load_state_dict(state)
    for name, tensor in model.named_tensors().items():
        np.testing.assert_array_equal(tensor.data, before[name].data)


@pytest.mark.parametrize("wrong", [["a"], [None]])
def test_a_state_that_holds_no_numbers_changes_nothing(wrong) -> None:
    layer = Linear(2, 1)
    before = layer.state_dict()
    with pytest.raises((TypeError, ValueError)):
        layer.load_state_dict({"weight": np.ones((1, 2)), "bias": wrong})
    np.testing.assert_array_equal(layer.weight.data, before["weight"].data)


# --- Dropout --------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [-0.01, 1.01, float("nan"), float("inf")])
def test_dropout_refuses_what_is_no_probability(p) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        Dropout(p)


def test_dropout_is_the_identity_after_eval_and_at_p_0() -> None:
    x = randn(5, 5)
    np.testing.assert_array_equal(Dropout(0.9).eval()(x).data, x.data)
    np.testing.assert_array_equal(Dropout(0.0)(x).data, x.data)
    np.testing.assert_array_equal(Dropout(1.0)(x).data, np.zeros((5, 5)))


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_dropout_keeps_the_mean_and_uses_its_mask_backward(p) -> None:
    manual_seed(11)
    layer = Dropout(p)
    output = layer(Tensor(np.ones((300, 300)))).data
    assert abs(np.mean(output == 0) - p) < 0.01
    assert abs(output.mean() - 1) < 0.05
    np.testing.assert_array_equal(layer.backward(Tensor(np.ones((300, 300)))).data, output)
    manual_seed(11)
    np.testing.assert_array_equal(Dropout(p)(Tensor(np.ones((300, 300)))).data, output)


# --- Sequential -----------------------------------------------------------------------------


def test_sequential_takes_layers_or_one_list_of_them() -> None:
    parts = [Linear(2, 3), ReLU(), Linear(3, 1)]
    for model in (Sequential(*parts), Sequential(parts), Sequential(tuple(parts))):
        assert len(model) == 3
        assert all(a is b for a, b in zip(model, parts, strict=True))
        assert model[1] is parts[1]
        assert len(model[1:]) == 2 and isinstance(model[1:], Sequential)
    model.layers.append(Sigmoid())
    assert len(parts) == 3


@pytest.mark.parametrize("wrong", [np.tanh, None, Linear, [Linear(1, 1)]])
def test_sequential_refuses_what_is_no_layer(wrong) -> None:
    with pytest.raises(TypeError, match="layers and activations"):
        Sequential(Linear(1, 1), wrong)


def test_an_empty_sequential_is_the_identity() -> None:
    x = randn(2, 2)
    assert Sequential()(x) is x
    assert Sequential().backward(x) is x
    assert Sequential().parameters() == []


def test_a_layer_twice_in_a_sequential_cannot_go_backward_by_hand() -> None:
    layer = Linear(2, 2)
    model = Sequential(layer, layer)
    x = randn(1, 2)
    np.testing.assert_array_equal(model(x).data, layer(layer(x)).data)
    with pytest.raises(RuntimeError, match="twice"):
        model.backward(x)


def test_a_model_prints_its_parts() -> None:
    expected = (
        "Sequential(\n  (0): Flatten()\n  (1): Linear(6, 4)\n  (2): Tanh\n  (3): Dropout(0.5)\n"
        "  (4): Sequential(\n    (0): Linear(4, 2, bias=False)\n  )\n)"
    )
    assert repr(small_model()) == expected


# --- forwards go through the operations of 02 ------------------------------------------------


@pytest.fixture
def recorded() -> Iterator[list[str]]:
    """The operations that reach the recorder, where 07 will build its graph."""
    calls: list[str] = []
    former = core.ACTIVE.recorder, core.ACTIVE.backward

    def record(_output: Tensor, op: str, *_: object) -> None:
        calls.append(op)

    core.install_engine(record, None)
    yield calls
    core.install_engine(*former)


@pytest.mark.parametrize(
    ("layer", "operations"),
    [
        (Linear(4, 2), ["transpose", "matmul", "add"]),
        (Linear(4, 2, bias=False), ["transpose", "matmul"]),
        (Flatten(), ["reshape"]),
        (Dropout(0.5), ["mul"]),
        (Sequential(Linear(4, 3, bias=False), Tanh()), ["transpose", "matmul", "tanh"]),
    ],
)
def test_forwards_are_made_of_operations(layer, operations, recorded) -> None:
    layer(Tensor(np.ones((3, 4))))
    assert recorded == operations
