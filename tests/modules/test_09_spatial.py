"""Module 09 in the reference library: the contract of `core.spatial`, line by line, and PyTorch's numbers."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinytorch_lib
from tinytorch_lib.core import spatial
from tinytorch_lib.core.activations import ReLU, Tanh
from tinytorch_lib.core.autograd import gradcheck, no_grad
from tinytorch_lib.core.layers import Flatten, Layer, Linear, Sequential
from tinytorch_lib.core.spatial import AvgPool2d, BatchNorm2d, Conv2d, MaxPool2d, output_size, pair
from tinytorch_lib.core.tensor import Tensor, apply, from_numpy, manual_seed, randn, use_backend

pytestmark = pytest.mark.m09

ORACLE = Path(__file__).parents[1] / "oracles" / "09_spatial.npz"
POOLS = {"max": MaxPool2d, "avg": AvgPool2d}


@pytest.fixture(scope="module")
def oracle() -> dict[str, np.ndarray]:
    """PyTorch's numbers (made by tests/oracles/make_09_spatial.py)."""
    with np.load(ORACLE, allow_pickle=False) as file:
        return {key: file[key] for key in file.files}


def cases(kind: str) -> list[str]:
    with np.load(ORACLE, allow_pickle=False) as file:
        return sorted({key.split("/")[1] for key in file.files if key.startswith(f"{kind}/")})


def agree(got: Tensor | np.ndarray, expected: np.ndarray) -> None:
    """The numbers agree to 1e-5 of the largest."""
    got = got.data if isinstance(got, Tensor) else got
    assert got.shape == expected.shape
    scale = np.abs(expected).max(initial=1e-6)
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5 * scale)


def leaf(array: np.ndarray) -> Tensor:
    return Tensor(array, requires_grad=True, dtype=array.dtype)


def strided(array: np.ndarray) -> np.ndarray:
    """The same numbers in an odd memory layout."""
    return np.asfortranarray(np.repeat(array, 2, axis=-1))[..., ::2]


def convolve(x: np.ndarray, weight: np.ndarray, stride: tuple[int, int], padding: tuple[int, int]) -> np.ndarray:
    """The definition, window by window, in float64."""
    framed = np.pad(x.astype(np.float64), [(0, 0), (0, 0), *((p, p) for p in padding)])
    kh, kw = weight.shape[2:]
    rows = range(0, framed.shape[2] - kh + 1, stride[0])
    across = range(0, framed.shape[3] - kw + 1, stride[1])
    windows = [[framed[:, :, i : i + kh, j : j + kw] for j in across] for i in rows]
    return np.array(
        [
            [[[np.sum(window[n] * filter_) for window in row] for row in windows] for filter_ in weight]
            for n in range(len(x))
        ]
    )


# --- numbers: PyTorch's ------------------------------------------------------------------


def conv_case(oracle: dict[str, np.ndarray], case: str) -> tuple[dict[str, np.ndarray], dict[str, tuple[int, int]]]:
    """The arrays of a case, and its stride and padding, found again from the shapes that fit only one pair."""
    names = [name for name in ("x", "weight", "bias") if f"conv/{case}/{name}" in oracle]
    options = {
        "plain": ((1, 1), (0, 0)), "padded": ((1, 1), (1, 1)), "strided": ((2, 3), (1, 0)), "no-bias": ((1, 1), (0, 1)),
        "one-pixel": ((1, 1), (0, 0)), "whole-image": ((1, 1), (0, 0)), "wide-padding": ((2, 1), (3, 4)),
        "single": ((1, 1), (0, 0)), "blocks": ((1, 1), (3, 2)),
    }[case]  # fmt: skip
    return {name: oracle[f"conv/{case}/{name}"] for name in names}, dict(
        zip(("stride", "padding"), options, strict=True)
    )


@pytest.mark.parametrize("layout", [np.array, strided])
@pytest.mark.parametrize("case", cases("conv"))
def test_conv2d_agrees_with_pytorch(oracle, case, layout) -> None:
    given_, options = conv_case(oracle, case)
    weight = given_["weight"]
    layer = Conv2d(weight.shape[1], len(weight), weight.shape[2:], bias="bias" in given_, **options)
    layer.load_state_dict({name: array for name, array in given_.items() if name != "x"})
    x = from_numpy(layout(given_["x"]))
    x.requires_grad = True
    output = layer(x)
    agree(output, oracle[f"conv/{case}/output"])
    output.backward(layout(oracle[f"conv/{case}/upstream"]))
    tensors = {"x": x, **layer.named_tensors()}
    assert list(tensors) == list(given_)
    for name, tensor in tensors.items():
        agree(tensor.grad, oracle[f"conv/{case}/gradient/{name}"])
        assert tensor.grad.dtype == np.float32
    assert output.dtype == np.float32


@pytest.mark.parametrize("case", [case for case in cases("conv") if case != "blocks"])
def test_the_loops_agree_with_pytorch(oracle, case) -> None:
    given_, options = conv_case(oracle, case)
    agree(spatial.conv2d_loops(*given_.values(), **options), oracle[f"conv/{case}/output"])


POOL_OPTIONS = {
    "halves": (2, None, 0), "rest": ((2, 2), None, 0), "overlap": ((3, 2), (1, 2), 0), "padded": (3, 2, 1),
    "one-pixel": (1, (2, 1), 0), "whole-image": ((4, 5), None, (0, 0)),
}  # fmt: skip


@pytest.mark.parametrize("layout", [np.array, strided])
@pytest.mark.parametrize("kind", POOLS)
@pytest.mark.parametrize("case", cases("max"))
def test_pooling_agrees_with_pytorch_ties_included(oracle, kind, case, layout) -> None:
    key, layer = f"{kind}/{case}", POOLS[kind](*POOL_OPTIONS[case])
    x = from_numpy(layout(oracle[f"{key}/x"]))
    x.requires_grad = True
    output = layer(x)
    agree(output, oracle[f"{key}/output"])
    output.backward(layout(oracle[f"{key}/upstream"]))
    agree(x.grad, oracle[f"{key}/gradient/x"])
    assert output.dtype == x.grad.dtype == np.float32


@pytest.mark.parametrize(
    ("case", "epsilon", "momentum"), [("usual", 1e-5, 0.1), ("rows", 1e-3, 0.3), ("one-image", 0.5, 1.0)]
)
def test_batch_normalization_agrees_with_pytorch_over_three_batches_and_while_predicting(
    oracle, case, epsilon, momentum
) -> None:
    layer = BatchNorm2d(len(oracle[f"norm/{case}/weight"]), epsilon=epsilon, momentum=momentum)
    for name in ("weight", "bias"):
        getattr(layer, name).data = oracle[f"norm/{case}/{name}"].copy()
    for step in range(4):
        key = f"norm/{case}/{step}"
        layer.train(step < 3)
        layer.zero_grad()
        x = leaf(oracle[f"{key}/x"])
        output = layer(x)
        agree(output, oracle[f"{key}/output"])
        output.backward(oracle[f"{key}/upstream"])
        scale = np.abs(oracle[f"{key}/gradient/x"]).max()
        np.testing.assert_allclose(x.grad.data, oracle[f"{key}/gradient/x"], rtol=1e-4, atol=2e-5 * scale)
        for name in ("weight", "bias"):
            agree(getattr(layer, name).grad, oracle[f"{key}/gradient/{name}"])
        agree(layer.running_mean, oracle[f"{key}/running_mean"])
        agree(layer.running_var, oracle[f"{key}/running_var"])
        assert output.dtype == x.grad.dtype == layer.running_mean.dtype == layer.running_var.dtype == np.float32


def network() -> Sequential:
    return Sequential(
        Conv2d(2, 4, 3, padding=1, bias=False), BatchNorm2d(4), ReLU(), MaxPool2d(2),
        Conv2d(4, 5, (3, 2), stride=(1, 2)), Tanh(), AvgPool2d(2), Flatten(), Linear(5, 3),
    )  # fmt: skip


def test_a_network_takes_pytorchs_state_and_gives_its_gradients_and_predictions(oracle) -> None:
    model = network()
    state = {key.removeprefix("network/state/"): value for key, value in oracle.items() if "/state/" in key}
    assert list(model.state_dict()) == list(state)
    model.load_state_dict(state)
    x = leaf(oracle["network/x"])
    output = model(x)
    agree(output, oracle["network/output"])
    output.backward(oracle["network/upstream"])
    for name, tensor in {"x": x, **model.named_tensors()}.items():
        if tensor.requires_grad:
            expected = oracle[f"network/gradient/{name}"]
            np.testing.assert_allclose(tensor.grad.data, expected, rtol=1e-4, atol=2e-5 * np.abs(expected).max())
    agree(model.eval()(x), oracle["network/predicted"])


# --- numbers: definitions ------------------------------------------------------------------

SIZES = st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 6), st.integers(1, 6))
PAIRS = st.tuples(st.integers(1, 3), st.integers(1, 3))


@given(
    SIZES, st.integers(1, 3), st.tuples(PAIRS, PAIRS, st.tuples(st.integers(0, 2), st.integers(0, 2))), st.integers(0)
)
def test_convolution_is_its_definition_and_its_gradients_are_its_transposes(shape, outputs, options, seed) -> None:
    """<g, conv(x, w)> is bilinear: it equals <gradient for x, x> and <gradient for w, w>."""
    draw, (kernel, stride, padding) = np.random.default_rng(seed), options
    x, weight = draw.standard_normal(shape), draw.standard_normal((outputs, shape[1], *kernel))
    if any(k > n + 2 * p for k, n, p in zip(kernel, shape[2:], padding, strict=True)):
        with pytest.raises(ValueError, match="does not fit"):
            apply("conv2d", Tensor(x), Tensor(weight), stride=stride, padding=padding)
        return
    expected = convolve(x, weight, stride, padding)
    a, b = leaf(x), leaf(weight)
    output = apply("conv2d", a, b, stride=stride, padding=padding)
    np.testing.assert_allclose(output.data, expected, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(spatial.conv2d_loops(x, weight, None, stride, padding), expected, rtol=1e-9, atol=1e-9)
    upstream = draw.standard_normal(output.shape)
    output.backward(upstream)
    value = np.sum(upstream * expected)
    np.testing.assert_allclose(np.sum(a.grad.data * x), value, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(np.sum(b.grad.data * weight), value, rtol=1e-8, atol=1e-8)


@given(SIZES, PAIRS, PAIRS, st.integers(0, 2**32))
def test_pooling_is_the_largest_and_the_mean_of_every_window(shape, kernel, stride, seed) -> None:
    padding = tuple(k // 2 for k in kernel)
    x = np.random.default_rng(seed).integers(-5, 5, shape).astype(np.float64)
    height, width = spatial.output_shape(shape, kernel, stride, padding)
    high = np.pad(x, [(0, 0), (0, 0), *((p, p) for p in padding)], constant_values=-np.inf)
    zero = np.where(np.isinf(high), 0, high)
    a, b = leaf(x), leaf(x)
    largest, mean = MaxPool2d(kernel, stride, padding)(a), AvgPool2d(kernel, stride, padding)(b)
    assert largest.shape == mean.shape == (*shape[:2], height, width)
    for i, j in np.ndindex(height, width):
        rows = slice(i * stride[0], i * stride[0] + kernel[0])
        across = slice(j * stride[1], j * stride[1] + kernel[1])
        np.testing.assert_array_equal(largest.data[:, :, i, j], high[:, :, rows, across].max(axis=(2, 3)))
        np.testing.assert_allclose(mean.data[:, :, i, j], zero[:, :, rows, across].mean(axis=(2, 3)), atol=1e-12)
    largest.backward(np.ones(largest.shape))
    mean.backward(np.ones(mean.shape))
    assert a.grad.data.sum() == largest.size  # every window hands on exactly what it got
    np.testing.assert_allclose(np.sum(b.grad.data * x), mean.data.sum(), atol=1e-9)


@pytest.mark.parametrize("from_batch", [True, False])
def test_gradcheck_passes_for_every_operation(from_batch) -> None:
    manual_seed(1)
    x, w, b = randn(2, 3, 5, 4), randn(4, 3, 3, 2), randn(4)
    assert gradcheck(lambda *t: apply("conv2d", *t, stride=(2, 1), padding=(1, 0)), [x, w, b])
    assert gradcheck(lambda *t: apply("conv2d", *t), [x, w])
    assert gradcheck(MaxPool2d(2, 1, 1), [x])
    assert gradcheck(AvgPool2d((3, 2), 1, 1), [x])
    layer = BatchNorm2d(3).train(from_batch)
    layer.running_mean.data += 0.5

    def normalize(t: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        layer.weight, layer.bias = weight, bias
        return layer(t)

    assert gradcheck(normalize, [x, randn(3), randn(3)])


def test_moving_the_picture_moves_the_answer() -> None:
    layer, x = Conv2d(2, 3, 3), randn(1, 2, 9, 9)
    a, b = layer(x).data, layer(from_numpy(x.data[:, :, 1:, 2:])).data
    np.testing.assert_allclose(b, a[:, :, 1:, 2:], rtol=1e-5, atol=1e-6)


def test_loops_are_another_backend_of_the_same_layer() -> None:
    layer, x = Conv2d(2, 3, 3, stride=2, padding=1), randn(2, 2, 5, 5)
    output = layer(x)
    with use_backend("loops"):
        slow = layer(x)
        slow.backward(np.ones(slow.shape))
    np.testing.assert_allclose(slow.data, output.data, rtol=1e-5, atol=1e-6)
    by_loops = layer.weight.grad.data
    layer.zero_grad()
    output.backward(np.ones(output.shape))
    np.testing.assert_allclose(layer.weight.grad.data, by_loops, rtol=1e-5, atol=1e-6)


def test_nobody_pays_for_gradients_that_nobody_needs(monkeypatch) -> None:
    asked = []
    for name in ("conv2d_input_gradient", "conv2d_weight_gradient", "conv2d_bias_gradient"):
        real = getattr(spatial, name)
        monkeypatch.setattr(spatial, name, lambda *args, name=name, real=real: (asked.append(name), real(*args))[1])
    layer = Conv2d(1, 1, 2)
    layer(randn(1, 1, 3, 3)).sum().backward()
    assert asked == ["conv2d_weight_gradient", "conv2d_bias_gradient"]


def test_inputs_and_upstream_gradients_stay_as_they_are() -> None:
    model, x = network(), randn(3, 2, 8, 8, requires_grad=True)
    output = model(x)
    upstream = np.ones(output.shape, np.float32)
    before = [t.data.copy() for t in (x, *model.parameters())]
    output.backward(upstream)
    for tensor, old in zip((x, *model.parameters()), before, strict=True):
        np.testing.assert_array_equal(tensor.data, old)
        assert tensor.grad.data.flags.owndata
    assert np.all(upstream == 1)


# --- the layers' contract --------------------------------------------------------------------


def test_conv2d_has_the_contracts_attributes() -> None:
    layer = Conv2d(3, 16, (3, 5), stride=2, padding=(1, 2))
    assert isinstance(layer, Layer)
    assert layer.weight.shape == (16, 3, 3, 5)
    assert layer.bias.shape == (16,)
    assert layer.weight.requires_grad and layer.bias.requires_grad
    assert layer.weight.dtype == layer.bias.dtype == np.float32
    assert (layer.kernel_size, layer.stride, layer.padding) == ((3, 5), (2, 2), (1, 2))
    assert layer(randn(2, 3, 32, 30)).shape == (2, 16, 16, 15)
    assert list(layer.state_dict()) == ["weight", "bias"]
    bare = Conv2d(1, 1, 3, bias=False)
    assert bare.bias is None
    assert len(bare.parameters()) == 1
    assert repr(bare) == "Conv2d(1, 1, kernel_size=(3, 3), stride=(1, 1), padding=(0, 0), bias=False)"
    for name in ("Conv2d", "MaxPool2d", "AvgPool2d", "BatchNorm2d"):
        assert getattr(tinytorch_lib, name) is getattr(spatial, name)


def test_filters_start_uniform_with_the_fan_in_of_a_window() -> None:
    manual_seed(2)
    layer = Conv2d(8, 50, (3, 2))
    bound = (8 * 3 * 2) ** -0.5
    for tensor in layer.parameters():
        assert np.abs(tensor.data).max() <= bound * 1.00001
        assert np.abs(tensor.data).max() > 0.95 * bound
    first = layer.weight.data
    manual_seed(2)
    np.testing.assert_array_equal(Conv2d(8, 50, (3, 2)).weight.data, first)


def test_pools_take_their_stride_from_the_kernel_and_have_no_parameters() -> None:
    for kind in POOLS.values():
        layer = kind((2, 3))
        assert layer.stride == (2, 3)
        assert layer(randn(1, 2, 7, 7)).shape == (1, 2, 3, 2)
        assert layer.parameters() == []
        assert list(layer.state_dict()) == []
        assert repr(layer) == f"{kind.__name__}(kernel_size=(2, 3), stride=(2, 3), padding=(0, 0))"


def test_running_statistics_are_state_but_no_parameters() -> None:
    layer = BatchNorm2d(3)
    assert list(layer.state_dict()) == ["weight", "bias", "running_mean", "running_var"]
    assert [parameter.shape for parameter in layer.parameters()] == [(3,), (3,)]
    layer(randn(4, 3, 2, 2) + 5)
    other = BatchNorm2d(3)
    other.load_state_dict(layer.state_dict())
    x = randn(1, 3, 2, 2)
    np.testing.assert_array_equal(other.eval()(x).data, layer.eval()(x).data)
    assert repr(layer) == "BatchNorm2d(3)"


def test_predicting_neither_uses_nor_changes_statistics_of_the_batch() -> None:
    layer = BatchNorm2d(2)
    layer(randn(5, 2, 3, 3) * 2 + 1)
    layer.eval()
    before = layer.state_dict()
    x = randn(4, 2, 3, 3)
    together = layer(x).data
    alone = np.concatenate([layer(x[k : k + 1]).data for k in range(4)])
    np.testing.assert_allclose(together, alone, rtol=1e-5, atol=1e-6)
    for name, tensor in layer.state_dict().items():
        np.testing.assert_array_equal(tensor.data, before[name].data)


def test_a_later_batch_does_not_change_what_an_earlier_backward_needs() -> None:
    layer = BatchNorm2d(2).eval()
    x = randn(3, 2, 2, 2, requires_grad=True)
    output = layer(x)
    layer.train()(randn(3, 2, 2, 2) * 9)
    output.backward(np.ones(output.shape))
    np.testing.assert_allclose(x.grad.data, np.full(x.shape, 1 / np.sqrt(1 + 1e-5)), rtol=1e-5)


def test_batch_normalization_survives_a_constant_channel_and_a_large_mean() -> None:
    layer = BatchNorm2d(2)
    x = np.full((4, 2, 3, 3), 7.0, np.float32)
    x[:, 1] = 1000 + np.arange(36).reshape(4, 3, 3) / 8
    output = layer(leaf(x))
    np.testing.assert_array_equal(output.data[:, 0], np.zeros((4, 3, 3)))
    assert abs(output.data[:, 1].std() - 1) < 1e-3
    output.sum().backward()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "make", [lambda: Conv2d(2, 3, 2), lambda: MaxPool2d(2), lambda: AvgPool2d(2), lambda: BatchNorm2d(2)]
)
def test_floats_keep_their_type_and_integers_become_float32(make, dtype) -> None:
    layer, numbers = make(), np.arange(36).reshape(2, 2, 3, 3)
    assert layer(Tensor(numbers, dtype=dtype)).dtype == dtype
    for x in (numbers, Tensor(numbers), Tensor(numbers.astype(np.uint8)), numbers.tolist(), numbers > 8):
        assert layer(x).dtype == np.float32
    with no_grad():
        assert not layer(Tensor(numbers, dtype=dtype)).requires_grad


# --- what is refused --------------------------------------------------------------------------

LAYERS = {
    "Conv2d": lambda: Conv2d(2, 1, 2),
    "MaxPool2d": lambda: MaxPool2d(2),
    "AvgPool2d": lambda: AvgPool2d(2),
    "BatchNorm2d": lambda: BatchNorm2d(2),
}


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize(
    "shape", [(), (4,), (2, 3), (2, 5, 5), (1, 1, 2, 5, 5), (0, 2, 5, 5), (1, 2, 0, 5), (1, 2, 5, 0)]
)
def test_what_is_no_batch_of_images_is_refused_with_its_shape(name, shape) -> None:
    with pytest.raises(ValueError, match=name) as caught:
        LAYERS[name]()(Tensor(np.zeros(shape)))
    assert str(shape) in str(caught.value)


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("wrong", ["digits", None, [[None]]])
def test_what_holds_no_numbers_is_a_type_error(name, wrong) -> None:
    with pytest.raises(TypeError):
        LAYERS[name]()(wrong)


@pytest.mark.parametrize("name", ["Conv2d", "BatchNorm2d"])
def test_other_channels_are_refused_with_both_numbers(name) -> None:
    with pytest.raises(ValueError, match=r"2 channels, got 3 in the shape \(1, 3, 5, 5\)"):
        LAYERS[name]()(Tensor(np.zeros((1, 3, 5, 5))))


TOO_WIDE = [
    lambda: Conv2d(1, 1, (2, 5), padding=(0, 1)),
    lambda: MaxPool2d((2, 5), padding=(0, 1)),
    lambda: AvgPool2d((2, 5), padding=(0, 1)),
]


@pytest.mark.parametrize("make", TOO_WIDE)
def test_a_kernel_larger_than_the_padded_image_is_refused(make) -> None:
    assert make()(Tensor(np.zeros((1, 1, 2, 3)))).shape == (1, 1, 1, 1)
    with pytest.raises(ValueError, match="kernel of 5 pixels does not fit into 2 pixels with padding 1: 4"):
        make()(Tensor(np.zeros((1, 1, 2, 2))))
    with pytest.raises(ValueError, match="kernel of 2 pixels does not fit into 1 pixels with padding 0: 1"):
        make()(Tensor(np.zeros((1, 1, 1, 5))))


@pytest.mark.parametrize("wrong", [0, -1, (3, 0), (1, 2, 3), (3,), ()])
@pytest.mark.parametrize("name", ["kernel_size", "stride"])
def test_kernels_and_strides_below_one_and_odd_pairs_are_value_errors(name, wrong) -> None:
    with pytest.raises(ValueError, match=name) as caught:
        Conv2d(1, 1, **({"kernel_size": 3} | {name: wrong}))
    assert repr(wrong) in str(caught.value)
    with pytest.raises(ValueError, match=name):
        MaxPool2d(**({"kernel_size": 3} | {name: wrong}))


@pytest.mark.parametrize("wrong", [2.5, 3.0, "3", None, (3, 2.0), True, (True, 2), ("3", 3)])
@pytest.mark.parametrize("name", ["kernel_size", "stride", "padding"])
def test_what_is_no_integer_is_a_type_error(name, wrong) -> None:
    with pytest.raises(TypeError, match=name) as caught:
        Conv2d(1, 1, **({"kernel_size": 3} | {name: wrong}))
    assert repr(wrong) in str(caught.value)


def test_padding_may_be_zero_not_negative_and_for_pools_half_the_kernel() -> None:
    assert Conv2d(1, 1, 3, padding=0).padding == (0, 0)
    with pytest.raises(ValueError, match=r"padding must be an integer >= 0 .*-1"):
        Conv2d(1, 1, 3, padding=-1)
    assert MaxPool2d((4, 3), padding=(2, 1)).padding == (2, 1)
    for kind in POOLS.values():
        with pytest.raises(ValueError, match=r"half of kernel_size \(3, 3\), got 2"):
            kind(3, padding=2)


@pytest.mark.parametrize(("arguments", "error"), [((0, 1), ValueError), ((1, -2), ValueError), ((1.0, 1), TypeError),
                                                  ((1, "2"), TypeError), ((True, 1), TypeError)])  # fmt: skip
def test_channels_are_integers_from_one_on(arguments, error) -> None:
    with pytest.raises(error, match="channels must be"):
        Conv2d(*arguments, 3)


@pytest.mark.parametrize(("options", "error"), [
    ({"num_features": 0}, ValueError), ({"num_features": 2.0}, TypeError), ({"epsilon": 0}, ValueError),
    ({"epsilon": float("nan")}, ValueError), ({"epsilon": float("inf")}, ValueError), ({"momentum": -0.1}, ValueError),
    ({"momentum": 1.5}, ValueError), ({"momentum": float("nan")}, ValueError),
])  # fmt: skip
def test_batch_normalization_refuses_odd_options(options, error) -> None:
    with pytest.raises(error, match=f"{next(iter(options))} must be"):
        BatchNorm2d(**({"num_features": 2} | options))


def test_one_number_a_channel_has_no_variance_to_learn_from() -> None:
    layer = BatchNorm2d(2)
    before = layer.state_dict()
    with pytest.raises(ValueError, match=r"more than one number a channel, got images of shape \(1, 2, 1, 1\)"):
        layer(Tensor(np.ones((1, 2, 1, 1))))
    for name, tensor in layer.state_dict().items():
        np.testing.assert_array_equal(tensor.data, before[name].data)
    assert layer.eval()(Tensor(np.ones((1, 2, 1, 1)))).shape == (1, 2, 1, 1)


# --- helpers ----------------------------------------------------------------------------------


@given(st.integers(1, 40), st.integers(1, 6), st.integers(1, 5), st.integers(0, 4))
def test_output_size_counts_the_windows(length, kernel, stride, padding) -> None:
    starts = range(0, length + 2 * padding - kernel + 1, stride)
    if len(starts) == 0:
        with pytest.raises(ValueError, match="does not fit"):
            output_size(length, kernel, stride, padding)
    else:
        assert output_size(length, kernel, stride, padding) == len(starts)


def test_pairs() -> None:
    assert pair(3, "x") == pair(np.int64(3), "x") == pair([3, 3], "x") == (3, 3)
    assert pair((1, 2), "x") == (1, 2)
    assert pair(0, "x", smallest=0) == (0, 0)


def test_windows_and_shifted_pictures_are_views_of_the_same_numbers() -> None:
    x = np.arange(2 * 3 * 7 * 6.0).reshape(2, 3, 7, 6)
    view = spatial.windows(x, (3, 2), (2, 1))
    places = spatial.shifted(x, (3, 2), (2, 1))
    assert np.shares_memory(view, x) and all(np.shares_memory(place, x) for place in places)
    np.testing.assert_array_equal(view.reshape(2, 3, 6, 3, 5), np.stack(places, axis=2))
    for k, (part, matrices) in enumerate(spatial.columns(x, (3, 2), (2, 1))):
        assert (k, part) == (0, slice(0, 2))
        np.testing.assert_array_equal(matrices, view.reshape(2, 18, 15))


def test_columns_come_in_blocks_of_a_megabyte_in_one_buffer() -> None:
    x = np.random.default_rng(0).standard_normal((7, 4, 50, 50)).astype(np.float32)
    parts, addresses = [], set()
    for part, matrices in spatial.columns(x, (3, 3)):
        parts.append(part)
        addresses.add(matrices.__array_interface__["data"][0])
        assert matrices.shape == (part.stop - part.start, 36, 48 * 48)
        assert matrices.nbytes <= 2**20
    assert parts == [slice(0, 3), slice(3, 6), slice(6, 7)]
    assert len(addresses) == 1
    assert spatial.blocks(2, 10**9) == [slice(0, 1), slice(1, 2)]
