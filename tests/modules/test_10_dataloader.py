"""Module 10 in the reference library: the contract of `core.dataloader` line by line, bad files, MNIST if at hand."""

import gzip
import hashlib
import itertools
import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tinytorch_lib.core import dataloader
from tinytorch_lib.core.dataloader import (
    Batch,
    Compose,
    DataLoader,
    Dataset,
    Normalize,
    RandomCrop,
    RandomHorizontalFlip,
    TensorDataset,
    Transform,
    load_cifar10,
    load_digits,
    load_idx,
    pixel_statistics,
    stream,
)
from tinytorch_lib.core.tensor import Tensor, manual_seed

pytestmark = pytest.mark.m10

same_every_time = settings(derandomize=True, deadline=None, max_examples=60)


class Pairs(Dataset):
    """Sample i is (i, i squared), one at a time."""

    def __init__(self, length: int) -> None:
        self.length = length

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index):
        if not 0 <= index < self.length:
            raise IndexError(index)
        return np.array([index, -index]), index**2


class OneByOne(Dataset):
    """Another data set's samples, by the base's loop."""

    def __init__(self, dataset) -> None:
        self.dataset = dataset

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index):
        return self.dataset[index]


def pixels(count=5, channels=3, height=6, width=5, seed=0) -> np.ndarray:
    return np.random.default_rng(seed).integers(1, 256, (count, channels, height, width), dtype=np.uint8)


def seen(loader) -> list[list[int]]:
    """The targets of one epoch, batch by batch."""
    return [batch.targets.data.tolist() for batch in loader]


def numbered(length: int, **options) -> DataLoader:
    """A loader whose targets are the samples' numbers."""
    return DataLoader(TensorDataset(np.zeros((length, 1)), np.arange(length)), **options)


# --- the embedded digits ----------------------------------------------------------------------------------------------


def test_digits_are_those_of_the_uci_repository() -> None:
    """Checked once against scikit-learn 1.9.1, which ships the same 1,797 images in the same order."""
    images, labels = load_digits()
    assert (images.shape, images.dtype, labels.shape, labels.dtype) == ((1797, 1, 8, 8), np.uint8, (1797,), np.int64)
    digest = hashlib.sha256(images.tobytes() + labels.astype(np.uint8).tobytes()).hexdigest()
    assert digest == "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826"
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert (images.min(), images.max(), images.sum(dtype=int)) == (0, 16, 561718)


def test_digits_are_new_arrays_at_every_call() -> None:
    images, labels = load_digits()
    images[...] = 0
    labels[...] = 0
    assert load_digits()[0].any() and load_digits()[1].any()


# --- data sets --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", [len, lambda d: d[0]])
def test_the_base_says_what_a_subclass_lacks(call) -> None:
    with pytest.raises(NotImplementedError, match="Empty defines no __"):
        call(type("Empty", (Dataset,), {})())


def test_the_base_fetches_by_its_loop() -> None:
    inputs, targets = Pairs(9).fetch(np.array([3, 0, 8]), stream(0))
    np.testing.assert_array_equal(inputs, [[3, -3], [0, 0], [8, -8]])
    np.testing.assert_array_equal(targets, [9, 0, 64])


def test_tensor_dataset_samples() -> None:
    images = pixels()
    dataset = TensorDataset(images, Tensor([5, 6, 7, 8, 9]), np.linspace(0, 1, 5))
    assert len(dataset) == 5
    image, label, weight = dataset[-1]
    assert all(isinstance(part, Tensor) for part in (image, label, weight))
    np.testing.assert_array_equal(image.data, images[4])
    assert (image.dtype, label.item(), label.shape, weight.dtype) == (np.uint8, 9, (), np.float32)
    image.data[...] = 0
    assert images[4].all(), "a sample shares memory with the set"
    assert len(list(dataset)) == 5  # Python's older protocol of iteration ends with IndexError


@pytest.mark.parametrize("index", [5, -6, 100])
def test_no_such_sample(index) -> None:
    with pytest.raises(IndexError, match=f"sample {index} is out of range: the data set has 5 samples"):
        TensorDataset(np.zeros(5))[index]


@pytest.mark.parametrize("index", [1.0, "0", None, slice(2)])
def test_an_index_is_an_integer(index) -> None:
    with pytest.raises(TypeError):
        TensorDataset(np.zeros(5))[index]


def test_arrays_must_belong_together() -> None:
    with pytest.raises(ValueError, match=r"lengths \[4, 3\]"):
        TensorDataset(np.zeros((4, 2)), np.zeros(3))
    with pytest.raises(ValueError, match="at least one"):
        TensorDataset()
    with pytest.raises(ValueError, match="first axis"):
        TensorDataset(np.array(1.0))
    with pytest.raises(ValueError, match="inhomogeneous"):
        TensorDataset([[1, 2], [3]])
    for text in (["to", "be"], np.array([None, 1]), np.array(["2026-01-01"], dtype="datetime64[D]")):
        with pytest.raises(TypeError, match="real numbers"):
            TensorDataset(text)
    with pytest.raises(TypeError, match="transform must be a function or None, got 3"):
        TensorDataset(np.zeros(2), transform=3)


def test_the_arrays_are_not_copied_and_stay_bytes() -> None:
    images = pixels(2000, 3, 32, 32)
    tracemalloc.start()
    batch = next(iter(DataLoader(TensorDataset(images, np.zeros(2000)), 10)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert batch.inputs.dtype == np.uint8
    assert peak < images.nbytes / 10


# --- the loader -------------------------------------------------------------------------------------------------------


def test_batches_are_named_tuples_of_tensors() -> None:
    loader = DataLoader(TensorDataset(np.arange(10.0).reshape(5, 2), [0, 1, 0, 1, 0]), batch_size=2)
    batches = list(loader)
    assert all(type(batch) is Batch and batch._fields == ("inputs", "targets") for batch in batches)
    inputs, targets = batches[0]
    assert isinstance(inputs, Tensor) and isinstance(targets, Tensor)
    np.testing.assert_array_equal(inputs.data, [[0, 1], [2, 3]])
    assert (inputs.dtype, targets.dtype) == (np.float32, np.int64)
    assert [len(batch.inputs) for batch in batches] == [2, 2, 1]


def test_batches_own_their_memory() -> None:
    images = pixels()
    for batch in DataLoader(TensorDataset(images), 2):
        batch.inputs.data[...] = 0
    assert images.all()


def test_samples_with_one_part_or_three() -> None:
    assert next(iter(DataLoader(TensorDataset(np.zeros(3)), 2))).targets is None
    _, targets = next(iter(DataLoader(TensorDataset(np.zeros(3), [1, 2, 3], [4, 5, 6]), 2)))
    assert isinstance(targets, tuple)
    assert [target.data.tolist() for target in targets] == [[1, 2], [4, 5]]


def test_a_list_of_tuples_is_a_data_set() -> None:
    loader = DataLoader([([1.0, 2.0], 0), ([3.0, 4.0], 1), ([5.0, 6.0], 2)], batch_size=2)
    inputs, targets = next(iter(loader))
    np.testing.assert_array_equal(inputs.data, [[1, 2], [3, 4]])
    assert targets.data.tolist() == [0, 1] and inputs.dtype == np.float32


@pytest.mark.parametrize("kind", [Tensor([1.0, 2.0, 3.0]), np.arange(3)])
def test_the_first_axis_of_an_array_is_a_data_set_too(kind) -> None:
    assert next(iter(DataLoader(kind, 2))).inputs.shape == (2,)


@same_every_time
@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.booleans(),
    st.booleans(),
    st.tuples(st.integers(0, 2**40), st.integers(0, 99)),
)
def test_an_epoch_holds_every_sample_once(length, batch_size, shuffle, drop_last, place) -> None:
    batch_size, (seed, epoch) = min(batch_size, length), place
    loader = numbered(length, batch_size=batch_size, shuffle=shuffle, drop_last=drop_last, seed=seed)
    loader.epoch = epoch
    batches = seen(loader)
    came = list(itertools.chain(*batches))
    assert len(batches) == len(loader) == (length // batch_size if drop_last else -(-length // batch_size))
    assert all(len(batch) == batch_size for batch in batches[:-1]) and all(batches)
    assert len(set(came)) == len(came) == (len(loader) * batch_size if drop_last else length)
    if not shuffle:
        assert came == list(range(len(came)))
    loader.epoch = epoch
    assert seen(loader) == batches


def test_the_order_is_a_function_of_seed_and_epoch() -> None:
    first, second = (numbered(50, batch_size=7, shuffle=True, seed=3) for _ in range(2))
    epochs = [seen(first) for _ in range(4)]
    assert len({str(epoch) for epoch in epochs}) == 4
    np.random.seed(0)
    manual_seed(0)
    assert [seen(second) for _ in range(4)] == epochs
    assert seen(numbered(50, batch_size=7, shuffle=True, seed=4)) not in epochs
    flat = [list(itertools.chain(*seen(numbered(50, batch_size=b, shuffle=True, seed=3)))) for b in (1, 7, 50)]
    assert flat[0] == flat[1] == flat[2], "the order does not depend on the batch size"


def test_a_loader_leaves_global_generators_alone() -> None:
    np.random.seed(5)
    manual_seed(5)
    loader = DataLoader(
        TensorDataset(pixels(), transform=Compose([RandomHorizontalFlip(), RandomCrop(4, 1)])), 2, True, seed=0
    )
    before = np.random.get_state()[1].tolist(), dataloader.generator().bit_generator.state
    list(loader)
    assert (np.random.get_state()[1].tolist(), dataloader.generator().bit_generator.state) == before


def test_epoch_can_be_read_and_set() -> None:
    loader = numbered(20, batch_size=3, shuffle=True, seed=1)
    assert loader.epoch == 0
    epochs = [seen(loader) for _ in range(3)]
    assert loader.epoch == 3
    loader.epoch = 1
    assert [seen(loader), seen(loader)] == epochs[1:]
    next(iter(loader))  # an epoch that was begun counts, and the next one is another
    assert loader.epoch == 4
    assert [batch.targets.data.tolist() for batch in loader.batches(0)] == epochs[0]
    assert loader.epoch == 4


def test_two_passes_at_the_same_time_do_not_disturb_each_other() -> None:
    loader = numbered(12, batch_size=4, shuffle=True, seed=1)
    expected = [seen(loader), seen(loader)]
    loader.epoch = 0
    together = [[a.targets.data.tolist(), b.targets.data.tolist()] for a, b in zip(loader, loader, strict=True)]
    assert [list(column) for column in zip(*together, strict=True)] == expected


def test_without_a_seed_manual_seed_decides() -> None:
    def order() -> tuple:
        manual_seed(9)
        loader = numbered(30, batch_size=30, shuffle=True)
        return loader.seed, seen(loader)

    first = order()
    assert order() == first
    assert numbered(30, batch_size=30, shuffle=True).seed != first[0]
    again = numbered(30, batch_size=30, shuffle=True, seed=first[0])
    assert seen(again) == first[1]


@pytest.mark.parametrize("size", [0, -1, 6, 1000])
def test_batch_size_out_of_range(size) -> None:
    with pytest.raises(ValueError, match=f"batch_size must be from 1 to 5, the length of the data set; got {size}"):
        DataLoader(Pairs(5), batch_size=size)


@pytest.mark.parametrize("size", [1.0, "2", None, True, np.float64(2)])
def test_batch_size_must_be_an_integer(size) -> None:
    with pytest.raises(TypeError, match="batch_size must be an integer, got"):
        DataLoader(Pairs(5), batch_size=size)


def test_numpy_integers_will_do() -> None:
    assert len(DataLoader(Pairs(5), batch_size=np.int32(2), seed=np.uint8(1))) == 3


def test_bad_loaders() -> None:
    with pytest.raises(ValueError, match="the data set is empty"):
        DataLoader(TensorDataset(np.zeros((0, 3))))
    with pytest.raises(TypeError, match="a data set has __len__ and __getitem__, got generator"):
        DataLoader(i for i in range(3))
    with pytest.raises(ValueError, match="seed must be at least 0, got -1"):
        DataLoader(Pairs(5), seed=-1)
    with pytest.raises(TypeError, match=r"seed must be an integer, got 1\.5"):
        DataLoader(Pairs(5), seed=1.5)
    loader = DataLoader(Pairs(5))
    with pytest.raises(ValueError, match="epoch must be at least 0, got -2"):
        loader.epoch = -2
    with pytest.raises(TypeError, match="epoch must be an integer"):
        loader.epoch = "1"


def test_samples_that_make_no_batch() -> None:
    with pytest.raises(ValueError, match=r"\(2,\), \(3,\)"):
        list(DataLoader([(np.zeros(2), 0), (np.zeros(3), 0)], batch_size=2))
    with pytest.raises(ValueError, match="equally many parts"):
        list(DataLoader([(1, 2), (1,)], batch_size=2))
    with pytest.raises(TypeError, match="a batch holds real numbers, got samples of type <U"):
        list(DataLoader(["to", "be"], batch_size=2))


# --- transforms -------------------------------------------------------------------------------------------------------


def everything() -> Compose:
    return Compose(
        [RandomHorizontalFlip(0.5), RandomCrop((5, 4), padding=2), Normalize([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])]
    )


def test_one_image_or_a_batch_an_array_or_a_tensor() -> None:
    images = pixels()
    batch = everything()(images, stream(1))
    assert batch.shape == (5, 3, 5, 4) and batch.dtype == np.float32
    np.testing.assert_array_equal(everything()(images[:1], stream(1))[0], everything()(images[0], stream(1)))
    tensor = everything()(Tensor(images), stream(1))
    assert isinstance(tensor, Tensor)
    np.testing.assert_array_equal(tensor.data, batch)


def test_called_alone_a_transform_draws_from_the_course_generator() -> None:
    images = pixels(64)
    manual_seed(1)
    first, second = RandomCrop(3)(images), RandomCrop(3)(images)
    assert not np.array_equal(first, second)
    manual_seed(1)
    np.testing.assert_array_equal(RandomCrop(3)(images), first)


@same_every_time
@given(
    hnp.arrays(np.uint8, st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 6), st.integers(1, 6))),
    st.integers(0, 3),
    st.data(),
)
def test_every_crop_is_a_window_of_the_framed_image(images, padding, data) -> None:
    height, width = (data.draw(st.integers(1, length + 2 * padding)) for length in images.shape[2:])
    before = images.copy()
    result = RandomCrop((height, width), padding)(images, stream(data.draw(st.integers(0, 99))))
    np.testing.assert_array_equal(images, before)
    assert result.shape == (*images.shape[:2], height, width) and result.dtype == np.uint8 and result.flags.c_contiguous
    framed = np.pad(images, ((0, 0), (0, 0), (padding,) * 2, (padding,) * 2))
    for image, window in zip(framed, result, strict=True):
        rows, columns = range(image.shape[1] - height + 1), range(image.shape[2] - width + 1)
        assert any(
            np.array_equal(image[:, r : r + height, c : c + width], window) for r, c in itertools.product(rows, columns)
        )


def test_crops_come_from_all_places_and_each_image_has_its_own() -> None:
    image = np.arange(16).reshape(1, 1, 4, 4)
    corners = RandomCrop(2)(np.repeat(image, 4000, axis=0), stream(0))[:, 0, 0, 0]
    values, counts = np.unique(corners, return_counts=True)
    assert values.tolist() == [0, 1, 2, 4, 5, 6, 8, 9, 10]
    assert counts.min() > 350 and counts.max() < 550


@pytest.mark.parametrize("p", [0.0, 0.25, 1.0])
def test_flips_come_as_often_as_they_should(p) -> None:
    images = np.tile(np.array([1, 2], dtype=np.uint8), (4000, 1, 1, 1))
    result = RandomHorizontalFlip(p)(images, stream(0))
    assert result.dtype == np.uint8
    assert np.mean(result[:, 0, 0, 0] == 2) == pytest.approx(p, abs=0.03 if 0 < p < 1 else 0)


def test_statistics_and_normalize_go_together() -> None:
    images = pixels(2300, 3, 4, 4) * np.array([1, 0.5, 0.1]).reshape(3, 1, 1)
    mean, std = pixel_statistics(images)
    np.testing.assert_allclose(mean, images.mean(axis=(0, 2, 3)), rtol=1e-12)
    np.testing.assert_allclose(std, images.std(axis=(0, 2, 3)), rtol=1e-12)
    result = Normalize(mean, std)(images.astype(np.float32))
    assert result.dtype == np.float32
    np.testing.assert_allclose(result.mean(axis=(0, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(result.std(axis=(0, 2, 3)), 1, rtol=1e-5)
    assert Normalize(0.0, 2.0)(images).dtype == np.float64


def test_bytes_below_the_mean_become_negative() -> None:
    result = Normalize(5, 2)(np.array([[[3]]], dtype=np.uint8))
    np.testing.assert_array_equal(result, [[[-1.0]]])


@pytest.mark.parametrize("shape", [(), (4,), (6, 5), (1, 2, 3, 6, 5)])
@pytest.mark.parametrize(
    "transform",
    [RandomHorizontalFlip(), RandomCrop(2), Normalize(0, 1), everything()],
    ids=["flip", "crop", "normalize", "all"],
)
def test_images_have_three_or_four_axes(transform, shape) -> None:
    with pytest.raises(ValueError, match="takes images"):
        transform(np.zeros(shape))


def test_a_batch_of_images_without_channels_is_not_taken_for_one_image() -> None:
    dataset = TensorDataset(np.zeros((10, 28, 28)), np.zeros(10), transform=RandomHorizontalFlip())
    with pytest.raises(ValueError, match=r"got a batch of the shape \(2, 28, 28\)"):
        next(iter(DataLoader(dataset, batch_size=2)))


@pytest.mark.parametrize("p", [-0.1, 1.1, np.nan])
def test_p_is_a_probability(p) -> None:
    with pytest.raises(ValueError, match=f"p must be a probability, from 0 to 1, got {p}"):
        RandomHorizontalFlip(p)


def test_bad_crops() -> None:
    for size in (0, -3, (4, 0), (1, 2, 3)):
        with pytest.raises(ValueError, match="size must be"):
            RandomCrop(size)
    for size in (2.5, "4", (2, 2.0)):
        with pytest.raises(TypeError, match="size must be an integer"):
            RandomCrop(size)
    with pytest.raises(ValueError, match="padding must be at least 0, got -1"):
        RandomCrop(2, padding=-1)
    for size in ((9, 1), (1, 8)):
        with pytest.raises(ValueError, match=r"does not fit into images of the shape \(5, 3, 6, 5\) with padding 1"):
            RandomCrop(size, padding=1)(pixels())


def test_bad_normalize() -> None:
    for mean, std in ((0, 0), (0, -1), (np.nan, 1), (0, np.inf), ([1, 2], [1, 0])):
        with pytest.raises(ValueError, match="mean must be finite and std > 0"):
            Normalize(mean, std)
    with pytest.raises(ValueError, match="expected images with 2 channels"):
        Normalize([0, 0], [1, 1])(pixels())
    with pytest.raises(ValueError, match="expected at least one image"):
        pixel_statistics(np.zeros((0, 3, 2, 2)))


def test_compose_takes_functions_image_by_image() -> None:
    shapes = []

    def halve(image):
        shapes.append(image.shape)
        return image / 2

    result = Compose([halve, Normalize(0, 1), halve])(pixels())
    assert shapes == [(3, 6, 5)] * 10
    np.testing.assert_array_equal(result, pixels() / 4)
    with pytest.raises(TypeError, match="got 7 in it"):
        Compose([halve, 7])


def test_a_plain_function_may_change_the_shape() -> None:
    dataset = TensorDataset(pixels(), np.zeros(5), transform=lambda image: image.reshape(-1) / 255)
    batch = next(iter(DataLoader(dataset, 5)))
    assert batch.inputs.dtype == np.float32
    np.testing.assert_allclose(batch.inputs.data, pixels().reshape(5, -1) / 255, rtol=1e-6)


def test_one_at_a_time_and_batched_give_the_same() -> None:
    dataset = TensorDataset(pixels(11), np.arange(11), transform=Normalize([1, 2, 3], 4))
    for one, many in zip(
        DataLoader(OneByOne(dataset), 4, shuffle=True, seed=2),
        DataLoader(dataset, 4, shuffle=True, seed=2),
        strict=True,
    ):
        np.testing.assert_array_equal(one.inputs.data, many.inputs.data)
        np.testing.assert_array_equal(one.targets.data, many.targets.data)


def test_what_is_random_in_a_batch_depends_on_seed_epoch_and_its_number_only() -> None:
    dataset = TensorDataset(pixels(20), np.arange(20), transform=everything())
    loader = DataLoader(dataset, 4, seed=7)
    first = [batch.inputs.data for batch in loader]
    again = DataLoader(dataset, 4, seed=7)
    for k in (3, 0, 4, 1, 2):  # as workers would make them, in any order
        made = dataset.fetch(np.arange(4 * k, 4 * k + 4), stream(7, 0, k))[0]
        np.testing.assert_array_equal(made, first[k])
    second = [batch.inputs.data for batch in loader]
    assert not any(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    again.epoch = 1
    np.testing.assert_array_equal(next(iter(again)).inputs.data, second[0])


def test_streams_of_different_keys_differ() -> None:
    keys = [(0,), (0, 0), (0, 0, 0), (1,), (1, 0), (0, 1), (0, 1, 0), (0, 0, 1), (2**32, 0), (2**32 + 1, 0)]
    assert len({stream(*key).integers(2**62) for key in keys}) == len(keys)


def test_a_transform_needs_batch() -> None:
    with pytest.raises(NotImplementedError, match="Idle defines no batch"):
        type("Idle", (Transform,), {})()(pixels())


# --- IDX files --------------------------------------------------------------------------------------------------------


def idx(array: np.ndarray) -> bytes:
    """The bytes of an IDX file, written independently of what reads it."""
    code = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}[array.dtype.str[1:]]
    lengths = b"".join(length.to_bytes(4, "big") for length in array.shape)
    return bytes([0, 0, code, array.ndim]) + lengths + array.astype(array.dtype.newbyteorder(">")).tobytes()


@same_every_time
@given(
    st.sampled_from([np.uint8, np.int8, np.int16, np.int32, np.float32, np.float64]).flatmap(
        lambda kind: hnp.arrays(kind, hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=4))
    ),
    st.booleans(),
)
def test_idx_files_of_every_type(tmp_path_factory, array, packed) -> None:
    path = tmp_path_factory.mktemp("idx") / "data"
    path.write_bytes(gzip.compress(idx(array)) if packed else idx(array))
    got = load_idx(path)
    assert got.dtype == array.dtype and got.dtype.isnative and got.flags.writeable
    np.testing.assert_array_equal(got, array)


def test_a_path_may_be_text_and_the_name_does_not_matter(tmp_path) -> None:
    path = tmp_path / "labels.gz"
    path.write_bytes(idx(np.arange(3, dtype=np.uint8)))
    np.testing.assert_array_equal(load_idx(str(path)), [0, 1, 2])


def test_missing_files(tmp_path) -> None:
    with pytest.raises(FileNotFoundError, match="nothing is missing"):
        load_idx(tmp_path / "nothing")
    with pytest.raises(FileNotFoundError, match="is a folder"):
        load_idx(tmp_path)


@pytest.mark.parametrize("packed", [False, True])
def test_no_part_of_a_file_is_taken_for_the_file(tmp_path, packed) -> None:
    content = idx(np.random.default_rng(0).integers(0, 256, (3, 7), dtype=np.uint8))
    content = gzip.compress(content) if packed else content
    path = tmp_path / "images"
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(ValueError, match="images: "):
            load_idx(path)
    for tail in (b"\0", b"\0" * 600, b"<html>", content):
        path.write_bytes(content + tail)
        with pytest.raises(ValueError, match="images: "):
            load_idx(path)


def test_no_flipped_bit_in_packed_data_gives_other_numbers(tmp_path) -> None:
    """A few bits say nothing about the data (time and system in gzip's header, what fills its last byte)."""
    array = np.random.default_rng(1).integers(0, 4, (5, 9), dtype=np.uint8)
    content, path = gzip.compress(idx(array), mtime=0), tmp_path / "images.gz"
    refused = 0
    for place, bit in itertools.product(range(len(content)), range(8)):
        damaged = bytearray(content)
        damaged[place] ^= 1 << bit
        path.write_bytes(damaged)
        try:
            np.testing.assert_array_equal(load_idx(path), array)
        except ValueError as error:
            assert "images.gz: " in str(error)
            refused += 1
    assert refused >= 8 * (len(content) - 10)


def test_an_error_page_is_no_data(tmp_path) -> None:
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(b"<!DOCTYPE html><title>404</title>")
    with pytest.raises(
        ValueError, match=r"train-images-idx3-ubyte\.gz: no IDX file: it begins with \[60, 33, 68, 79\]"
    ):
        load_idx(path)


# --- CIFAR-10 ---------------------------------------------------------------------------------------------------------

NAMES = [*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin"]


def write_cifar(folder: Path, records: int = 3) -> np.ndarray:
    """Six small files; gives their records, (6, records, 3073)."""
    table = np.random.default_rng(0).integers(0, 256, (6, records, 3073), dtype=np.uint8)
    table[:, :, 0] %= 10
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in zip(NAMES, table, strict=True):
        (folder / name).write_bytes(content.tobytes())
    return table


def test_cifar10_files(tmp_path) -> None:
    table = write_cifar(tmp_path / "cifar-10-batches-bin")
    for folder in (tmp_path, str(tmp_path / "cifar-10-batches-bin")):
        (train_images, train_labels), (test_images, test_labels) = load_cifar10(folder, records=3)
        assert (train_images.shape, train_images.dtype) == ((15, 3, 32, 32), np.uint8)
        assert (test_images.shape, test_labels.dtype) == ((3, 3, 32, 32), np.int64)
        np.testing.assert_array_equal(train_labels, table[:5, :, 0].ravel())
        np.testing.assert_array_equal(test_labels, table[5, :, 0])
        np.testing.assert_array_equal(train_images[4, 2, 1, 5], table[1, 1, 1 + 2048 + 32 + 5])
        np.testing.assert_array_equal(test_images.reshape(3, -1), table[5, :, 1:])
        assert train_images.flags.writeable and test_images.flags.writeable and test_images.flags.c_contiguous


def test_cifar10_files_that_cannot_be_right(tmp_path) -> None:
    write_cifar(tmp_path)
    with pytest.raises(ValueError, match=r"data_batch_1\.bin holds 3 images, expected 10000"):
        load_cifar10(tmp_path)
    path = tmp_path / "data_batch_4.bin"
    content = path.read_bytes()
    for part, message in (
        (content[:-1], "data_batch_4.bin: got 9218 bytes"),
        (content[: 2 * 3073], "data_batch_4.bin holds 2 images, expected 3"),
        (b"", "data_batch_4.bin: got 0 bytes"),
        (content + b"\n", "got 9220 bytes"),
        (content[:3073] + b"\x0a" + content[3074:], "record 1 has the label 10, expected 0 to 9"),
    ):
        path.write_bytes(part)
        with pytest.raises(ValueError, match=message):
            load_cifar10(tmp_path, records=3)


def test_cifar10_files_that_are_missing(tmp_path) -> None:
    write_cifar(tmp_path)
    (tmp_path / "data_batch_2.bin").unlink()
    (tmp_path / "test_batch.bin").unlink()
    with pytest.raises(FileNotFoundError, match=r"lacks data_batch_2\.bin, test_batch\.bin"):
        load_cifar10(tmp_path, records=3)
    with pytest.raises(FileNotFoundError, match="lacks data_batch_1"):
        load_cifar10(tmp_path / "nowhere")


# --- the real files, where they are -----------------------------------------------------------------------------------

DATA = Path(os.environ.get("TINYTORCH_DATA", "/nonexistent"))

if (DATA / "mnist").is_dir():

    def test_mnist_itself() -> None:
        """The published training images unpack to this checksum."""
        path = DATA / "mnist" / "train-images-idx3-ubyte.gz"
        raw = dataloader.read_bytes(path)
        assert hashlib.md5(raw.tobytes(), usedforsecurity=False).hexdigest() == "6bbc9ace898e44ae57da46a324031adb"
        images, labels = load_idx(path), load_idx(DATA / "mnist" / "train-labels-idx1-ubyte.gz")
        assert (images.shape, images.dtype, labels.shape) == ((60000, 28, 28), np.uint8, (60000,))
        assert labels[:5].tolist() == [5, 0, 4, 1, 9] and np.bincount(labels).sum() == 60000
        mean, std = pixel_statistics(images[:, None] / np.float32(255))
        np.testing.assert_allclose([mean[0], std[0]], [0.1307, 0.3081], atol=1e-4)  # as everybody quotes them
        assert load_idx(DATA / "mnist" / "t10k-images-idx3-ubyte.gz").shape == (10000, 28, 28)
        assert load_idx(DATA / "mnist" / "t10k-labels-idx1-ubyte.gz").shape == (10000,)


if (DATA / "cifar10" / "cifar-10-batches-bin").is_dir():

    def test_cifar10_itself() -> None:
        (images, labels), (test_images, test_labels) = load_cifar10(DATA / "cifar10")
        assert images.shape == (50000, 3, 32, 32) and test_images.shape == (10000, 3, 32, 32)
        assert np.bincount(labels).tolist() == [5000] * 10 and np.bincount(test_labels).tolist() == [1000] * 10
