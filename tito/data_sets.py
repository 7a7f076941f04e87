"""The data sets of the course: where they are published, and what exactly is in their files."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DATA_SETS", "Archive", "DataFile", "DataSet"]


@dataclass(frozen=True)
class DataFile:
    """A file as it is when unpacked: some mirrors pack the same content into other bytes."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Archive:
    """One tar file, packed with gzip, that holds all the files in `folder`. Its digest is of the packed file."""

    file: DataFile
    folder: str


@dataclass(frozen=True)
class DataSet:
    """Files, and the addresses of folders in which they lie: each as NAME.gz, or all in one archive."""

    name: str
    files: tuple[DataFile, ...]
    mirrors: tuple[str, ...]
    archive: Archive | None = None


def _idx(train_images: str, train_labels: str, test_images: str, test_labels: str) -> tuple[DataFile, ...]:
    """The four files of MNIST and of what imitates it, with these digests."""
    return (
        DataFile("train-images-idx3-ubyte", 16 + 60_000 * 784, train_images),
        DataFile("train-labels-idx1-ubyte", 8 + 60_000, train_labels),
        DataFile("t10k-images-idx3-ubyte", 16 + 10_000 * 784, test_images),
        DataFile("t10k-labels-idx1-ubyte", 8 + 10_000, test_labels),
    )


def _batch(name: str, digest: str) -> DataFile:
    """One of CIFAR-10's files of 10,000 images."""
    return DataFile(name, 10_000 * 3073, digest)


_MNIST = DataSet(
    "mnist",
    _idx(
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
    (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "http://yann.lecun.com/exdb/mnist/",
    ),
)

_FASHION_MNIST = DataSet(
    "fashion-mnist",
    _idx(
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
    (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    ),
)

_CIFAR10 = DataSet(
    "cifar10",
    (
        _batch("data_batch_1.bin", "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"),
        _batch("data_batch_2.bin", "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed"),
        _batch("data_batch_3.bin", "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67"),
        _batch("data_batch_4.bin", "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48"),
        _batch("data_batch_5.bin", "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"),
        _batch("test_batch.bin", "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"),
    ),
    ("https://www.cs.toronto.edu/~kriz/",),
    Archive(
        DataFile(
            "cifar-10-binary.tar.gz",
            170_052_171,
            "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        ),
        "cifar-10-batches-bin",
    ),
)

DATA_SETS = {data_set.name: data_set for data_set in (_MNIST, _FASHION_MNIST, _CIFAR10)}
