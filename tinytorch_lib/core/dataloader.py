# Module 10, dataloader. Generated from source/10_dataloader.py by `tito lib`: edits here are lost.


# cell: imports
import math
import operator
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tinytorch_lib.core.tensor import Tensor, from_numpy, generator
from tinytorch_lib.core.training import load_digits


# cell: dataset-base
class Dataset:
    """Base of all data sets. A subclass defines two methods:

        __len__(): the number of samples.
        __getitem__(index): the sample at an integer index from 0 to len - 1: a tuple (input, target) of Tensors, arrays or numbers, of
            the same shapes for every index. IndexError beyond the end, as in a list.

    It may replace a third:
        fetch(indices, generator): the samples at these indices (an array of integers), stacked: a tuple of new arrays,
            one for each part of a sample, the batch along the first axis. What is random in it draws from `generator`.
            This one calls __getitem__ in a loop; what is random *there* draws from the course's generator (02).
    """

    def __len__(self):
        raise NotImplementedError(f"{type(self).__name__} defines no __len__")

    def __getitem__(self, index):
        raise NotImplementedError(f"{type(self).__name__} defines no __getitem__")

    def fetch(self, indices, generator):
        return stack_samples([self[int(index)] for index in indices])


def checked_index(index, length) -> int:
    """`index` as an integer from 0 to length - 1; negative ones count from the end.

    Raises:
        TypeError: it is no integer.
        IndexError: there is no such sample.
    """
    place = operator.index(index)
    if not -length <= place < length:
        raise IndexError(f"sample {place} is out of range: the data set has {length} samples")
    return place % length


# cell: checked-arrays
def checked_arrays(arrays) -> list:
    """10.1 The arrays, once it is sure that row i of each can be sample i.

    Args:
        arrays: Tensors, arrays or nested lists, each with the samples along its first axis. Their types may differ.

    Returns:
        a list of numpy arrays, in the same order, with content and types unchanged. No samples at all (length 0) is fine.

    Raises:
        ValueError: there is no array; one has no axis to hold samples (0-d); the lengths differ. The message shows all lengths.
        TypeError: an array does not hold real numbers (text, say); the message shows its dtype.

    Example:
        checked_arrays([np.zeros((5, 3)), [0, 1, 1, 0, 1]]) gives two arrays of length 5

    Hint: 2.1 sorted types by `dtype.kind`.
    """
    arrays = [array.data if isinstance(array, Tensor) else np.asarray(array) for array in arrays]
    for array in arrays:
        if array.dtype.kind not in "biuf":
            raise TypeError(f"a data set holds real numbers, got an array of type {array.dtype}")
        if array.ndim == 0:
            raise ValueError(f"the first axis holds the samples, but this array has none: {array!r}")
    lengths = [len(array) for array in arrays]
    if len(set(lengths)) != 1:
        raise ValueError(f"expected arrays of one length, at least one, got the lengths {lengths}")
    return arrays


# cell: tensor-dataset
class TensorDataset(Dataset):
    """Samples that lie in arrays: sample i is row i of each.

    Args:
        arrays: Tensors, arrays or lists of one length: inputs, then targets. They are not copied, so leave them alone. Bytes stay
            bytes until a batch is made.
        transform: None, or what shall become of the inputs: a `Transform` (10.5), which gets whole batches, or any function of
            one sample's input (an array), which is called sample by sample.

    Raises:
        ValueError, TypeError: as `checked_arrays`; TypeError also if `transform` cannot be called.

    Example:
        dataset = TensorDataset(images, labels)
        image, label = dataset[0]  # two new Tensors, of shapes (1, 8, 8) and ()
    """

    def __init__(self, *arrays, transform=None):
        if transform is not None and not callable(transform):
            raise TypeError(f"transform must be a function or None, got {transform!r}")
        self.arrays = checked_arrays(arrays)
        self.transform = transform

    def __len__(self):
        return len(self.arrays[0])

    def __getitem__(self, index):
        """Sample `index` as a tuple of Tensors. A random transform draws from the course's generator (02)."""
        place = checked_index(index, len(self))
        first, *rest = [array[place] for array in self.arrays]
        if self.transform is not None:
            first = self.transform(first)
        return tuple(Tensor(part) for part in (first, *rest))

    def fetch(self, indices, generator):
        first, *rest = [array[indices] for array in self.arrays]
        if self.transform is not None:
            first = transform_batch(self.transform, first, generator)
        return (first, *rest)


# cell: stack-samples
def stack_samples(samples) -> tuple:
    """10.2 Samples side by side.

    Args:
        samples: a list of at least one sample, each a tuple with the same number of parts (Tensors, arrays or numbers).
            What is no tuple counts as a sample with one part.

    Returns:
        a tuple of new arrays, one for each part, with the samples along a new first axis.

    Raises:
        ValueError: there are no samples, or they differ in the number of parts; the message shows the numbers.
        ValueError: a part has another shape in one sample than in another; the message shows both shapes.

    Example:
        stack_samples([(np.array([1, 2]), 0), (np.array([3, 4]), 1)]) gives (array([[1, 2], [3, 4]]), array([0, 1]))

    Hints: `zip(*rows)` turns rows into columns. `np.asarray` takes Tensors too. `np.stack` or `np.concatenate`: which one makes an axis?
    """
    rows = [sample if isinstance(sample, tuple) else (sample,) for sample in samples]
    counts = {len(row) for row in rows}
    if len(counts) != 1:
        raise ValueError(f"a batch needs samples with equally many parts, got {len(rows)} samples with {sorted(counts)}")
    parts = []
    for column in zip(*rows):
        arrays = [np.asarray(value) for value in column]
        shapes = {array.shape for array in arrays}
        if len(shapes) > 1:
            raise ValueError(f"samples of different shapes make no batch, got {sorted(shapes)}: pad or crop them first")
        parts.append(np.stack(arrays))
    return tuple(parts)


# cell: stream
def stream(seed, *keys):
    """A numpy generator of its own for every list of numbers: the same ones give the same randomness, others unrelated one.

    Args:
        seed: an integer >= 0.
        keys: integers from 0 to 2**32 - 1.

    The loader uses stream(seed, epoch) for the order and stream(seed, epoch, k) for what is random in batch k. So a batch depends on
    nothing that ran before it: several workers could make the batches of an epoch in any order, each from its
    number alone, and together they would give what one gives.
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=keys))


# cell: epoch-order
def epoch_order(length, shuffle, seed, epoch) -> np.ndarray:
    """10.3 In which order the samples come in one epoch.

    Args:
        length: number of samples, >= 0.
        shuffle: whether the order is random; otherwise it is 0, 1, 2, ... in every epoch.
        seed, epoch: integers >= 0 that decide the order, and nothing else does. Each pair has an order of its own.

    Returns:
        an array of `length` integers in which each of 0 ... length - 1 stands once; every order is equally likely.

    Example:
        epoch_order(3, False, seed=0, epoch=5) gives array([0, 1, 2])
    """
    if not shuffle:
        return np.arange(length)
    return stream(seed, epoch).permutation(length)


# cell: split-batches
def count_batches(length, batch_size, drop_last) -> int:
    """10.4 How many batches `length` samples make, an integer.

    Args:
        length: number of samples, >= 0.
        batch_size: samples in a batch, >= 1.
        drop_last: whether a last batch that is not full is left out.

    Example:
        count_batches(10, 4, False) is 3, count_batches(10, 4, True) is 2
    """
    return length // batch_size if drop_last else -(-length // batch_size)


def split_batches(order, batch_size, drop_last) -> list:
    """10.4 The order cut into batches.

    Args:
        order: an array of indices, one for each sample; it is not changed.
        batch_size, drop_last: as above.

    Returns:
        a list of arrays of indices: full batches, and at the end what is left over, unless `drop_last`. Never an empty batch.

    Example:
        split_batches(np.array([2, 0, 4, 1, 3]), 2, False) gives [array([2, 0]), array([4, 1]), array([3])]
    """
    starts = range(0, count_batches(len(order), batch_size, drop_last) * batch_size, batch_size)
    return [order[start : start + batch_size] for start in starts]


# cell: data-loader
class Batch(NamedTuple):
    """What a loader gives: `for inputs, targets in loader`, or `batch.inputs`, `batch.targets`.

    inputs: a Tensor, the samples along the first axis.
    targets: a Tensor, None when samples have one part, or a tuple of Tensors when they have more than two.
    """

    inputs: Tensor
    targets: Tensor | tuple | None = None


class DataLoader:
    """Batches of a data set, epoch after epoch.

    Args:
        dataset: a Dataset, or whatever has a length and samples at 0 ... length - 1, such as a list of tuples.
        batch_size: samples in a batch, from 1 to len(dataset).
        shuffle: a new random order in every epoch, or always 0, 1, 2, ...
        drop_last: leave a last batch out that is not full.
        seed: an integer >= 0 that all randomness of the loader is made from, together with the epoch. None takes one from the
            course's generator, which `manual_seed` sets; read it in `loader.seed`.

    Attributes:
        epoch: the number of the next epoch, 0 at the start; every new `iter(loader)`, and so every `for`, counts one on. Set it to resume.

    Raises:
        TypeError: `dataset` has no length or no samples, `batch_size` or `seed` is not an integer.
        ValueError: the data set is empty, `batch_size` is out of range, `seed` or `epoch` is negative.

    Example:
        loader = DataLoader(TensorDataset(images, labels), batch_size=64, shuffle=True, seed=0)
        for inputs, targets in loader: ...  # inputs (64, 1, 8, 8), targets (64,); at the end what is left over
    """

    def __init__(self, dataset, batch_size=1, shuffle=False, drop_last=False, seed=None):
        if not (hasattr(dataset, "__len__") and hasattr(dataset, "__getitem__")):
            raise TypeError(f"a data set has __len__ and __getitem__, got {type(dataset).__name__}")
        if len(dataset) == 0:
            raise ValueError("the data set is empty: expected at least one sample")
        batch_size = whole_number("batch_size", batch_size)
        if not 1 <= batch_size <= len(dataset):
            raise ValueError(f"batch_size must be from 1 to {len(dataset)}, the length of the data set; got {batch_size}")
        self.dataset, self.batch_size = dataset, batch_size
        self.shuffle, self.drop_last = bool(shuffle), bool(drop_last)
        self.seed = int(generator().integers(2**32)) if seed is None else not_negative("seed", seed)
        self.epoch = 0

    @property
    def epoch(self):
        return self._epoch

    @epoch.setter
    def epoch(self, epoch):
        self._epoch = not_negative("epoch", epoch)

    def __len__(self):
        """The number of batches in an epoch."""
        return count_batches(len(self.dataset), self.batch_size, self.drop_last)

    def __iter__(self):
        epoch = self.epoch
        self.epoch += 1
        return self.batches(epoch)

    def batches(self, epoch):
        """The batches of one epoch, whichever it is; `loader.epoch` stays."""
        order = epoch_order(len(self.dataset), self.shuffle, self.seed, epoch)
        for k, indices in enumerate(split_batches(order, self.batch_size, self.drop_last)):
            yield make_batch(fetch_samples(self.dataset, indices, stream(self.seed, epoch, k)))


def fetch_samples(dataset, indices, generator) -> tuple:
    """The samples at `indices` by the data set's own `fetch`, or by the base's if it is a list or the like."""
    if hasattr(dataset, "fetch"):
        return dataset.fetch(indices, generator)
    return Dataset.fetch(dataset, indices, generator)


def make_batch(parts) -> Batch:
    """Arrays as a Batch of Tensors; float64 becomes float32, as in 2.1."""
    inputs, *rest = [as_tensor(part) for part in parts]
    return Batch(inputs, rest[0] if len(rest) == 1 else tuple(rest) or None)


def as_tensor(array) -> Tensor:
    """A Tensor around an array that nobody else keeps.

    Raises:
        TypeError: it does not hold real numbers.
    """
    if array.dtype.kind not in "biuf":
        raise TypeError(f"a batch holds real numbers, got samples of type {array.dtype}")
    return from_numpy(array.astype(np.float32) if array.dtype == np.float64 else array)


def whole_number(name, value) -> int:
    """`value` as an integer; TypeError for True, 2.0, "2" and the like."""
    if isinstance(value, (bool, np.bool_)) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} must be an integer, got {value!r}")
    return operator.index(value)


def not_negative(name, value) -> int:
    """`value` as an integer, if it is at least 0."""
    if whole_number(name, value) < 0:
        raise ValueError(f"{name} must be at least 0, got {value}")
    return operator.index(value)


# cell: transform-base
class Transform:
    """Base of what changes images. A subclass defines one method:

        batch(images, generator): new images from an array (N, C, H, W), each changed on its own. The array stays as it is. What is
            random draws from the numpy generator.

    A transform is called as transform(images) with an array or a Tensor of shape (C, H, W) or (N, C, H, W) and gives the same
    kind back. It then draws from the course's generator (02); a DataLoader hands over one that seed, epoch and batch decide.

    Raises (when called):
        ValueError: the images have another number of axes.
    """

    def __call__(self, images, generator=None):
        if isinstance(images, Tensor):
            return from_numpy(self(images.data, generator))
        images = np.asarray(images)
        if images.ndim == 3:
            return transform_batch(self, images[None], generator)[0]
        return transform_batch(self, images, generator)

    def batch(self, images, generator):
        raise NotImplementedError(f"{type(self).__name__} defines no batch")


def transform_batch(transform, images, source=None) -> np.ndarray:
    """A batch of images, transformed: at once by a `Transform`, one by one by any other function."""
    if not isinstance(transform, Transform):
        return stack_samples([np.asarray(transform(image)) for image in images])[0]
    if images.ndim != 4:
        name, shape = type(transform).__name__, images.shape
        raise ValueError(f"{name} takes images (C, H, W) or (N, C, H, W), got a batch of the shape {shape}")
    return transform.batch(images, generator() if source is None else source)


# cell: normalize
def pixel_statistics(images) -> tuple:
    """Mean and standard deviation of each channel of images (N, C, H, W), two float64 arrays (C,), in the images' unit.

    It goes through the images a thousand at a time: 50,000 colour images of 32×32 as float64 at once would take 1.2 GB.
    """
    images = np.asarray(images)
    if images.ndim != 4 or images.size == 0:
        raise ValueError(f"expected at least one image, (N, C, H, W), got the shape {images.shape}")
    parts = [images[i : i + 1000] for i in range(0, len(images), 1000)]
    count = images.size / images.shape[1]
    mean = sum(part.sum(axis=(0, 2, 3), dtype=np.float64) for part in parts) / count
    squares = sum(np.square(part - mean.reshape(-1, 1, 1)).sum(axis=(0, 2, 3)) for part in parts)
    return mean, np.sqrt(squares / count)


class Normalize(Transform):
    """(image - mean) / std for each channel, as float32 (float64 for float64 images).

    Args:
        mean, std: a number, or one for each channel, in the unit of the pixels (0 to 255 for bytes).

    Raises:
        ValueError: they are not finite, a std is not > 0, or (when called) their number is not that of the channels.
    """

    def __init__(self, mean, std):
        self.mean, self.std = (np.array(value, dtype=np.float64).reshape(-1, 1, 1) for value in (mean, std))
        if not (np.all(np.isfinite(self.mean)) and np.all(np.isfinite(self.std)) and np.all(self.std > 0)):
            raise ValueError(f"mean must be finite and std > 0, got mean {mean} and std {std}")

    def batch(self, images, generator):
        for value in (self.mean, self.std):
            if len(value) not in (1, images.shape[1]):
                raise ValueError(f"expected images with {len(value)} channels, got the shape {images.shape}")
        dtype = np.float64 if images.dtype == np.float64 else np.float32
        result = images.astype(dtype)
        result -= self.mean.astype(dtype)
        result /= self.std.astype(dtype)
        return result


# cell: flip-images
def flip_images(images: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """10.6 The images, some of them mirrored left to right.

    Args:
        images: an array of shape (N, C, H, W), any type; it stays unchanged.
        chosen: N booleans, which images to mirror.

    Returns:
        a new array of the same shape and type.

    Example:
        flip_images(np.array([[[[1, 2, 3]]], [[[4, 5, 6]]]]), np.array([True, False])) has the rows [3, 2, 1] and [4, 5, 6]
    """
    flipped = images.copy()
    flipped[chosen] = images[chosen][..., ::-1]
    return flipped


# cell: crop-images
def crop_images(images: np.ndarray, tops: np.ndarray, lefts: np.ndarray, size: tuple, padding: int) -> np.ndarray:
    """10.7 A window of each image, framed with zeros before.

    Args:
        images: an array of shape (N, C, H, W), any type; it stays unchanged.
        tops: N integers, the window's first row in the framed image, 0 to H + 2 padding - height.
        lefts: N integers, its first column, 0 to W + 2 padding - width.
        size: (height, width) of the window.
        padding: how many rows and columns of zeros to put on each of the four sides, >= 0.

    Returns:
        a new array of shape (N, C, height, width) and of the same type.

    Example:
        images of one row [1, 2, 3], padding 1: tops [1], lefts [0], size (1, 3) give the row [0, 1, 2]
    """
    padded = np.pad(images, [(0,), (0,), (padding,), (padding,)])  # as much before as after, for each axis
    windows = sliding_window_view(padded, size, axis=(2, 3))  # (N, C, all tops, all lefts, height, width)
    return windows[np.arange(len(images)), :, tops, lefts]


# cell: transforms
class RandomHorizontalFlip(Transform):
    """Each image mirrored left to right with probability `p`; not for digits and letters, of course.

    Raises:
        ValueError: p is not from 0 to 1.
    """

    def __init__(self, p=0.5):
        if not 0 <= p <= 1:
            raise ValueError(f"p must be a probability, from 0 to 1, got {p!r}")
        self.p = p

    def batch(self, images, generator):
        return flip_images(images, generator.random(len(images)) < self.p)


class RandomCrop(Transform):
    """A window of each image, at a random place.

    Args:
        size: of the window, in pixels: a number for a square, or (height, width).
        padding: rows and columns of zeros put on each side before, >= 0.

    Raises:
        ValueError: a number is out of range, or (when called) the window is larger than image and padding.
        TypeError: a number is not an integer.
    """

    def __init__(self, size, padding=0):
        pair = tuple(size) if isinstance(size, (tuple, list)) else (size, size)
        self.size = tuple(whole_number("size", length) for length in pair)
        if len(self.size) != 2 or min(self.size) < 1:
            raise ValueError(f"size must be a number of pixels >= 1 or (height, width), got {size!r}")
        self.padding = not_negative("padding", padding)

    def batch(self, images, generator):
        room = [length + 2 * self.padding for length in images.shape[2:]]
        if self.size[0] > room[0] or self.size[1] > room[1]:
            raise ValueError(
                f"a window of {self.size} does not fit into images of the shape {images.shape} with padding {self.padding}"
            )
        tops, lefts = (generator.integers(r - s + 1, size=len(images)) for r, s in zip(room, self.size, strict=True))
        return crop_images(images, tops, lefts, self.size, self.padding)


class Compose(Transform):
    """One transform after the other. Functions that are no `Transform` are called image by image.

    Raises:
        TypeError: what is in the list cannot be called.
    """

    def __init__(self, transforms):
        self.transforms = list(transforms)
        for transform in self.transforms:
            if not callable(transform):
                raise TypeError(f"Compose takes a list of transforms, got {transform!r} in it")

    def batch(self, images, generator):
        for transform in self.transforms:
            images = transform_batch(transform, images, generator)
        return images


# cell: read-bytes
def read_bytes(path) -> np.ndarray:
    """The content of a file as an array of bytes (uint8), unpacked if it is a gzip file, whatever its name.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the gzip data is damaged, ends too early, or is followed by something.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path} is {'a folder' if path.is_dir() else 'missing'}: expected a data file")
    content = path.read_bytes()
    if content[:2] == b"\x1f\x8b":  # how every gzip file begins
        content = unpack_gzip(content, path)
    return np.frombuffer(content, dtype=np.uint8)


def unpack_gzip(content, path) -> bytes:
    """What is packed in `content`, checked against the checksum and the length at its end."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(content)
    except zlib.error as error:
        raise ValueError(f"{path}: the packed data is damaged ({error}); fetch the file again") from None
    if not unpacker.eof:
        raise ValueError(f"{path}: the packed data ends too early, after {len(content)} bytes; fetch the file again")
    if unpacker.unused_data:
        raise ValueError(f"{path}: {len(unpacker.unused_data)} bytes follow the packed data; fetch the file again")
    return unpacked


# cell: idx-types
IDX_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}  # > says: most significant byte first


def big_endian(four_bytes) -> int:
    """The integer in four bytes, most significant first, as a Python int, which cannot overflow.

    Example:
        big_endian(np.array([0, 0, 234, 96], dtype=np.uint8)) is 60000
    """
    return int.from_bytes(bytes(four_bytes), "big")


# cell: parse-idx
def parse_idx(raw: np.ndarray) -> np.ndarray:
    """10.8 The array in the bytes of an IDX file.

    Args:
        raw: the whole file, an array (uint8) with one axis.

    Returns:
        an array with the shape and the type that the file states, in this machine's byte order (float32, not ">f4").

    Raises:
        ValueError: it does not begin with 0, 0 and a known type; the message shows the first four bytes, as a list.
        ValueError: there are fewer or more bytes than the lengths ask for, or too few to hold the lengths. The message shows
            how many there are, and how many were expected if the lengths are there.

    Example:
        parse_idx(np.array([0, 0, 8, 1, 0, 0, 0, 2, 70, 71], dtype=np.uint8)) gives array([70, 71], dtype=uint8)

    Hints: `np.frombuffer(bytes, dtype)` reads bytes as numbers. `dtype.itemsize` says how many bytes an element has,
    `dtype.newbyteorder("=")` is the same type in this machine's order. `math.prod` multiplies Python integers.
    """
    start = raw[:4].tolist()
    if start[:2] != [0, 0] or len(start) < 4 or start[2] not in IDX_TYPES:
        raise ValueError(f"no IDX file: it begins with {start}, expected 0, 0, one of {list(IDX_TYPES)}, number of axes")
    header = 4 + 4 * start[3]
    shape = tuple(big_endian(raw[4 + 4 * axis : 8 + 4 * axis]) for axis in range(start[3]))
    dtype = np.dtype(IDX_TYPES[start[2]])
    expected = header + math.prod(shape) * dtype.itemsize  # more than there is, too, when the lengths are cut off
    if len(raw) != expected:
        raise ValueError(f"got {len(raw)} bytes, expected {expected} for an array of the shape {shape}")
    elements = np.frombuffer(raw[header:].tobytes(), dtype).reshape(shape)
    return elements.astype(dtype.newbyteorder("="))


# cell: load-idx
def read_with(parse, path):
    """What `parse` makes of the bytes of a file; its ValueError names the file."""
    try:
        return parse(read_bytes(path))
    except ValueError as error:
        raise ValueError(str(error) if str(path) in str(error) else f"{path}: {error}") from error


def load_idx(path) -> np.ndarray:
    """The array in an IDX file, packed (gzip) or not: MNIST, Fashion-MNIST and others.

    MNIST's images come as (60000, 28, 28), bytes. A model wants channels: `images[:, None]` is (60000, 1, 28, 28).

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no IDX file, or a damaged or incomplete one.
    """
    return read_with(parse_idx, path)


# cell: cifar-classes
CIFAR10_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


# cell: parse-cifar10
def parse_cifar10(raw: np.ndarray) -> tuple:
    """10.9 Images and labels in the bytes of one of CIFAR-10's binary files.

    Args:
        raw: the whole file, an array (uint8) with one axis.

    Returns:
        images: uint8 array of shape (N, 3, 32, 32); labels: int64 array of shape (N,), from 0 to 9.

    Raises:
        ValueError: the file is empty or does not end with a whole record; the message shows its length in bytes, and 3073.
        ValueError: a label is above 9; the message shows one such label and the number of its record, counted from 0.

    Example:
        the bytes of two records give images (2, 3, 32, 32); images[1, 2, 0, 0] is the blue of the second one's first pixel

    Hint: once the records are rows of a table, labels and pixels are columns.
    """
    if len(raw) == 0 or len(raw) % 3073 != 0:
        raise ValueError(f"got {len(raw)} bytes, expected whole records of 3073 bytes, at least one")
    records = raw.reshape(-1, 3073)
    labels = records[:, 0].astype(np.int64)
    wrong = np.flatnonzero(labels > 9)
    if wrong.size > 0:
        raise ValueError(f"record {wrong[0]} has the label {labels[wrong[0]]}, expected 0 to 9")
    return records[:, 1:].reshape(-1, 3, 32, 32), labels


# cell: load-cifar10
def load_cifar10(folder, records=10_000) -> tuple:
    """CIFAR-10 from its "binary version", the folder cifar-10-batches-bin or the one that holds it.

    Args:
        folder: where data_batch_1.bin ... data_batch_5.bin and test_batch.bin lie.
        records: how many images each file must hold. CIFAR-10's hold 10,000; tests write smaller ones.

    Returns:
        (train_images, train_labels), (test_images, test_labels): uint8 (50000, 3, 32, 32) and int64 (50000,), then 10,000 of each.
        `CIFAR10_CLASSES` names the labels.

    Raises:
        FileNotFoundError: a file is missing.
        ValueError: a file is damaged or incomplete.
    """
    folder = Path(folder)
    inner = folder / "cifar-10-batches-bin"
    place = inner if inner.is_dir() else folder
    names = [*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin"]
    missing = [name for name in names if not (place / name).is_file()]
    if missing:
        raise FileNotFoundError(f"{place} lacks {', '.join(missing)}: expected the six files of CIFAR-10's binary version")
    files = [read_with(parse_cifar10, place / name) for name in names]
    for name, (_, labels) in zip(names, files, strict=True):
        if len(labels) != records:
            raise ValueError(f"{place / name} holds {len(labels)} images, expected {records}; fetch it again")
    images, labels = zip(*files, strict=True)
    return (np.concatenate(images[:5]), np.concatenate(labels[:5])), (images[5].copy(), labels[5])


__all__ = [
    "Batch",
    "CIFAR10_CLASSES",
    "Compose",
    "DataLoader",
    "Dataset",
    "IDX_TYPES",
    "Normalize",
    "RandomCrop",
    "RandomHorizontalFlip",
    "TensorDataset",
    "Transform",
    "as_tensor",
    "big_endian",
    "checked_arrays",
    "checked_index",
    "count_batches",
    "crop_images",
    "epoch_order",
    "fetch_samples",
    "flip_images",
    "load_cifar10",
    "load_idx",
    "make_batch",
    "not_negative",
    "parse_cifar10",
    "parse_idx",
    "pixel_statistics",
    "read_bytes",
    "read_with",
    "split_batches",
    "stack_samples",
    "stream",
    "transform_batch",
    "unpack_gzip",
    "whole_number",
]
