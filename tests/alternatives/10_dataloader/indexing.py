"""Everything by index arrays and masks, nothing by windows or loops over samples."""


# %% checked-arrays
#| export
def checked_arrays(arrays) -> list:
    arrays = [np.asarray(array) for array in arrays]
    for array in arrays:
        if not (
            array.dtype == bool or np.issubdtype(array.dtype, np.integer) or np.issubdtype(array.dtype, np.floating)
        ):
            raise TypeError(f"{array.dtype} is no type for a data set")
    lengths = [array.shape[:1] for array in arrays]
    if lengths == [] or lengths.count(lengths[0]) < len(lengths) or () in lengths:
        raise ValueError(f"one array at least, all with one first length; got {lengths}")
    return arrays


# %% stack-samples
#| export
def stack_samples(samples) -> tuple:
    rows = [sample if isinstance(sample, tuple) else (sample,) for sample in samples]
    try:
        columns = list(zip(*rows, strict=True))
    except ValueError:
        raise ValueError(f"numbers of parts: {[len(row) for row in rows]}") from None
    if not columns:
        raise ValueError("0 samples, or 0 parts")
    return tuple(pile(column) for column in columns)


def pile(values):
    arrays = [np.expand_dims(np.asarray(value), 0) for value in values]
    for array in arrays:
        if array.shape != arrays[0].shape:
            raise ValueError(f"{arrays[0].shape[1:]} is not {array.shape[1:]}")
    return np.concatenate(arrays, axis=0)


# %% epoch-order
#| export
def epoch_order(length, shuffle, seed, epoch) -> np.ndarray:
    """Whoever drew the smallest number comes first."""
    numbers = stream(seed, epoch).random(length) if shuffle else np.arange(length)
    return np.argsort(numbers, kind="stable")


# %% split-batches
#| export
def count_batches(length, batch_size, drop_last) -> int:
    return (length if drop_last else length + batch_size - 1) // batch_size


def split_batches(order, batch_size, drop_last) -> list:
    cuts = np.arange(batch_size, len(order), batch_size)
    pieces = np.split(order, cuts)
    if len(pieces[-1]) == 0 or (drop_last and len(pieces[-1]) < batch_size):
        pieces.pop()
    return pieces


# %% flip-images
#| export
def flip_images(images: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    return np.where(chosen[:, None, None, None], np.flip(images, axis=-1), images)


# %% crop-images
#| export
def crop_images(images: np.ndarray, tops: np.ndarray, lefts: np.ndarray, size: tuple, padding: int) -> np.ndarray:
    """No frame: pixels are picked where the image has them, and zeros are put where it has none."""
    count, channels, height, width = images.shape
    rows = np.arange(size[0]) + np.asarray(tops)[:, None] - padding
    columns = np.arange(size[1]) + np.asarray(lefts)[:, None] - padding
    inside = ((rows >= 0) & (rows < height))[:, None, :, None] & ((columns >= 0) & (columns < width))[:, None, None, :]
    picked = images[
        np.arange(count)[:, None, None, None],
        np.arange(channels)[None, :, None, None],
        rows.clip(0, height - 1)[:, None, :, None],
        columns.clip(0, width - 1)[:, None, None, :],
    ]
    return np.where(inside, picked, images.dtype.type(0))


# %% parse-idx
#| export
def parse_idx(raw: np.ndarray) -> np.ndarray:
    """The lengths as numbers of four bytes at once, the elements' bytes turned round by hand."""
    magic = [int(byte) for byte in raw[:4]]
    if len(magic) != 4 or magic[:2] != [0, 0] or magic[2] not in IDX_TYPES:
        raise ValueError(f"unknown beginning {magic}")
    lengths = raw[4 : 4 + 4 * magic[3]]
    if lengths.size != 4 * magic[3]:
        raise ValueError(f"{raw.size} bytes do not hold a header of {4 + 4 * magic[3]}")
    shape = (lengths.reshape(-1, 4).astype(np.int64) @ [1 << 24, 1 << 16, 1 << 8, 1]).tolist()
    name = IDX_TYPES[magic[2]][1:]
    width = int(name[1])
    body = raw[4 + 4 * magic[3] :]
    needed = math.prod(shape) * width
    if body.size != needed:
        raise ValueError(f"{raw.size} bytes instead of {raw.size - body.size + needed}")
    turned = body.reshape(-1, width)
    if np.little_endian:
        turned = turned[:, ::-1]
    return np.ascontiguousarray(turned).view(name).reshape(shape)


# %% parse-cifar10
#| export
def parse_cifar10(raw: np.ndarray) -> tuple:
    if raw.size % 3073 or not raw.size:
        raise ValueError(f"{raw.size} is no positive multiple of 3073")
    starts = np.arange(0, raw.size, 3073)
    labels = raw[starts]
    if np.any(labels >= 10):
        where = int(np.argmax(labels))
        raise ValueError(f"the label of record {where} is {labels[where]}")
    pixels = raw[starts[:, None] + 1 + np.arange(3072)]
    return pixels.reshape(len(starts), 3, 32, 32), labels.astype("int64")
