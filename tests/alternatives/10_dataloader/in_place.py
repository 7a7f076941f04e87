"""Buffers that are filled and changed step by step."""


# %% stack-samples
#| export
def stack_samples(samples) -> tuple:
    rows = [sample if isinstance(sample, tuple) else (sample,) for sample in samples]
    lists = {}
    for row in rows:
        for place, value in enumerate(row):
            lists.setdefault(place, []).append(np.asarray(value))
    if not rows or any(len(values) != len(rows) for values in lists.values()):
        raise ValueError(f"{len(rows)} samples, with parts: {[len(row) for row in rows]}")
    for values in lists.values():
        for value in values:
            if value.shape != values[0].shape:
                raise ValueError(f"{value.shape} beside {values[0].shape}")
    return tuple(np.array(values) for values in lists.values())


# %% epoch-order
#| export
def epoch_order(length, shuffle, seed, epoch) -> np.ndarray:
    order = np.arange(length)
    if shuffle:
        stream(seed, epoch).shuffle(order)
    return order


# %% split-batches
#| export
def count_batches(length, batch_size, drop_last) -> int:
    full, rest = divmod(length, batch_size)
    if rest and not drop_last:
        full += 1
    return full


def split_batches(order, batch_size, drop_last) -> list:
    left = order.copy()
    batches = []
    while len(left) >= batch_size:
        batches.append(left[:batch_size])
        left = left[batch_size:]
    if len(left) and not drop_last:
        batches.append(left)
    return batches


# %% flip-images
#| export
def flip_images(images: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    result = np.array(images)
    for n in np.flatnonzero(chosen):
        result[n] = np.fliplr(result[n].transpose(1, 2, 0)).transpose(2, 0, 1)
    return result


# %% crop-images
#| export
def crop_images(images: np.ndarray, tops: np.ndarray, lefts: np.ndarray, size: tuple, padding: int) -> np.ndarray:
    """Only what window and image share is copied into a black picture."""
    result = np.zeros((len(images), images.shape[1], *size), dtype=images.dtype)
    for picture, image, top, left in zip(result, images, tops, lefts):
        top, left = int(top) - padding, int(left) - padding
        part = image[:, max(top, 0) : max(top + size[0], 0), max(left, 0) : max(left + size[1], 0)]
        down, right = max(-top, 0), max(-left, 0)
        picture[:, down : down + part.shape[1], right : right + part.shape[2]] = part
    return result


# %% parse-idx
#| export
def parse_idx(raw: np.ndarray) -> np.ndarray:
    data = raw.tobytes()
    magic = data[:4]
    if magic[:2] != b"\0\0" or len(magic) < 4 or magic[2] not in IDX_TYPES:
        raise ValueError(f"not the beginning of an IDX file: {list(magic)}")
    end = 4 + 4 * magic[3]
    if len(data) < end:
        raise ValueError(f"{len(data)} of at least {end} bytes")
    shape = [int(length) for length in np.frombuffer(data[4:end], ">u4")]
    elements = data[end:]
    size = np.dtype(IDX_TYPES[magic[2]]).itemsize
    if len(elements) != math.prod(shape) * size:
        raise ValueError(f"{len(data)} bytes, not {end + math.prod(shape) * size}")
    swapped = np.frombuffer(bytearray(elements), IDX_TYPES[magic[2]][1:]).reshape(shape)
    return swapped.byteswap(inplace=True) if np.little_endian else swapped


# %% parse-cifar10
#| export
def parse_cifar10(raw: np.ndarray) -> tuple:
    records, rest = divmod(len(raw), 3073)
    if rest > 0 or records < 1:
        raise ValueError(f"{len(raw)} bytes make no whole number of records (3073 bytes each)")
    table = raw.copy().reshape(records, 3073)
    labels, pixels = np.split(table, [1], axis=1)
    for n, label in enumerate(labels.ravel().tolist()):
        if label not in range(10):
            raise ValueError(f"{n}: {label} is no class")
    red, green, blue = np.split(pixels, 3, axis=1)
    return np.stack([c.reshape(records, 32, 32) for c in (red, green, blue)], axis=1), labels.ravel().astype(np.int64)
