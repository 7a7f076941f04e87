"""One sample, one image, one byte after the other: the formulas word for word."""


# %% checked-arrays
#| export
def checked_arrays(arrays) -> list:
    result = []
    for array in arrays:
        if isinstance(array, Tensor):
            array = array.data
        array = np.asarray(array)
        if array.shape == ():
            raise ValueError("a number is no array of samples")
        if not (np.issubdtype(array.dtype, np.bool_) or np.issubdtype(array.dtype, np.integer)):
            if not np.issubdtype(array.dtype, np.floating):
                raise TypeError("not made of real numbers: " + str(array.dtype))
        result.append(array)
    if not result:
        raise ValueError("no arrays")
    for array in result[1:]:
        if array.shape[0] != result[0].shape[0]:
            raise ValueError("lengths differ: " + ", ".join(str(one.shape[0]) for one in result))
    return result


# %% stack-samples
#| export
def stack_samples(samples) -> tuple:
    rows = [sample if isinstance(sample, tuple) else (sample,) for sample in samples]
    if len(rows) == 0:
        raise ValueError("0 samples")
    for row in rows:
        if len(row) != len(rows[0]):
            raise ValueError(f"one sample has {len(rows[0])} parts, another {len(row)}")
    parts = []
    for place in range(len(rows[0])):
        first = np.array(rows[0][place])
        stacked = np.empty((len(rows), *first.shape), dtype=first.dtype)
        for number, row in enumerate(rows):
            value = np.array(row[place])
            if value.shape != first.shape:
                raise ValueError(f"one sample has the shape {first.shape}, another {value.shape}")
            stacked[number] = value
        parts.append(stacked)
    return tuple(parts)


# %% epoch-order
#| export
def epoch_order(length, shuffle, seed, epoch) -> np.ndarray:
    """The shuffle of Fisher and Yates, a swap at a time."""
    order = np.arange(length)
    if shuffle:
        source = stream(seed, epoch)
        for last in range(length - 1, 0, -1):
            other = int(source.integers(0, last + 1))
            order[last], order[other] = order[other], order[last]
    return order


# %% split-batches
#| export
def count_batches(length, batch_size, drop_last) -> int:
    count = 0
    while length >= batch_size:
        length -= batch_size
        count += 1
    if length > 0 and not drop_last:
        count += 1
    return count


def split_batches(order, batch_size, drop_last) -> list:
    batches, batch = [], []
    for index in order:
        batch.append(index)
        if len(batch) == batch_size:
            batches.append(np.array(batch))
            batch = []
    if batch and not drop_last:
        batches.append(np.array(batch))
    return batches


# %% flip-images
#| export
def flip_images(images: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    result = np.empty_like(images)
    width = images.shape[3]
    for n in range(len(images)):
        for w in range(width):
            result[n, :, :, w] = images[n, :, :, width - 1 - w if chosen[n] else w]
    return result


# %% crop-images
#| export
def crop_images(images: np.ndarray, tops: np.ndarray, lefts: np.ndarray, size: tuple, padding: int) -> np.ndarray:
    height, width = size
    rows, columns = images.shape[2:]
    framed = np.zeros((*images.shape[:2], rows + 2 * padding, columns + 2 * padding), images.dtype)
    framed[:, :, padding : padding + rows, padding : padding + columns] = images
    result = np.empty((*images.shape[:2], height, width), images.dtype)
    for n in range(len(images)):
        result[n] = framed[n, :, tops[n] : tops[n] + height, lefts[n] : lefts[n] + width]
    return result


# %% parse-idx
#| export
def parse_idx(raw: np.ndarray) -> np.ndarray:
    """Element by element, through Python's own struct."""
    import struct

    data = bytes(raw)
    letters = {8: "B", 9: "b", 11: "h", 12: "i", 13: "f", 14: "d"}
    if len(data) < 4 or data[0] or data[1] or data[2] not in letters:
        raise ValueError(f"these first bytes are not those of an IDX file: {list(data[:4])}")
    shape, position = [], 4
    for _ in range(data[3]):
        if position + 4 > len(data):
            raise ValueError(f"the header needs {4 + 4 * data[3]} bytes, the file has {len(data)}")
        shape.append(struct.unpack_from(">I", data, position)[0])
        position += 4
    count = 1
    for length in shape:
        count *= length
    item = struct.Struct(">" + letters[data[2]])
    if position + count * item.size != len(data):
        raise ValueError(f"the file should have {position + count * item.size} bytes, it has {len(data)}")
    result = np.empty(count, dtype=np.dtype(letters[data[2]]))
    for k in range(count):
        result[k] = item.unpack_from(data, position + k * item.size)[0]
    return result.reshape(shape)


# %% parse-cifar10
#| export
def parse_cifar10(raw: np.ndarray) -> tuple:
    count, rest = divmod(raw.size, 3073)
    if count == 0 or rest:
        raise ValueError(f"{raw.size} bytes are not one or more records of 3073")
    images, labels = np.empty((count, 3, 32, 32), np.uint8), np.empty(count, np.int64)
    for n in range(count):
        record = raw[n * 3073 : (n + 1) * 3073]
        if record[0] > 9:
            raise ValueError(f"label {record[0]} in record {n}")
        labels[n] = record[0]
        for channel in range(3):
            for row in range(32):
                first = 1 + channel * 1024 + row * 32
                images[n, channel, row] = record[first : first + 32]
    return images, labels
