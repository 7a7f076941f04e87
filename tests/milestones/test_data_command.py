"""`tito data fetch` against a web server on this machine: what is there in the end is whole and right, or not there."""

from __future__ import annotations

import gzip
import hashlib
import io
import random
import socket
import tarfile
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

import pytest

import tito.data
from tests.milestones.conftest import Site
from tito.data import main
from tito.data_sets import DATA_SETS, Archive, DataFile, DataSet
from tito.errors import DataError, ToolError

CONTENT = {"images": random.Random(1).randbytes(3_000_000), "labels": random.Random(2).randbytes(500)}
PACKED = {name: gzip.compress(content, 1, mtime=0) for name, content in CONTENT.items()}
IMAGES = ".images.gz.part"


def described(name: str, content: bytes) -> DataFile:
    return DataFile(name, len(content), hashlib.sha256(content).hexdigest())


def tar_of(contents: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in contents.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


ARCHIVE = tar_of({f"inside/{name}": content for name, content in CONTENT.items()} | {"inside/../../outside": b"x"})
FILES = tuple(described(name, content) for name, content in CONTENT.items())


@pytest.fixture
def published(site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Site:
    """Two small data sets on a site of their own; the working folder is empty."""
    site.files = {f"{name}.gz": packed for name, packed in PACKED.items()} | {"small.tar.gz": ARCHIVE}
    small = DataSet("small", FILES, (site.address,))
    packed = DataSet("packed", FILES, (site.address,), Archive(described("small.tar.gz", ARCHIVE), "inside"))
    monkeypatch.setattr(tito.data, "DATA_SETS", {"small": small, "packed": packed})
    monkeypatch.chdir(tmp_path)
    return site


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def one_line(error: pytest.ExceptionInfo[BaseException]) -> str:
    assert "\n" not in str(error.value)
    return str(error.value)


def test_files_come_packed_checked_and_only_once(published: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert main("small") == 0
    assert names(Path("data")) == {"small/images.gz", "small/labels.gz"}
    assert Path("data/small/images.gz").read_bytes() == PACKED["images"]
    assert main("Small") == 0
    assert len(published.asked) == 2
    assert capsys.readouterr().out == "small is in data/small, checked\nsmall is already in data/small, checked\n"


def test_an_archive_is_unpacked_and_only_what_belongs_to_it(published: Site, tmp_path: Path) -> None:
    assert main("packed", tmp_path / "there") == 0
    assert names(tmp_path) == {"there/packed/inside/images", "there/packed/inside/labels"}
    assert (tmp_path / "there/packed/inside/images").read_bytes() == CONTENT["images"]
    published.asked.clear()
    assert main("packed", tmp_path / "there") == 0
    assert published.asked == []


def test_the_environment_says_where_data_lies(published: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYTORCH_DATA", str(tmp_path / "shared"))
    assert main("small") == 0
    assert names(tmp_path) == {"shared/small/images.gz", "shared/small/labels.gz"}


def test_a_broken_connection_is_taken_up_where_it_ended(published: Site) -> None:
    published.cuts = [1_000_000, 1_500_000]
    assert main("small") == 0
    assert published.asked[:3] == [
        ("images.gz", None),
        ("images.gz", "bytes=1000000-"),
        ("images.gz", "bytes=2500000-"),
    ]
    assert Path("data/small/images.gz").read_bytes() == PACKED["images"]


def test_what_came_is_kept_for_the_next_call(published: Site) -> None:
    published.cuts = [700_000, 0]
    with pytest.raises(DataError) as error:
        main("small")
    assert "the connection ended after 700,000 of" in one_line(error)
    assert "700,000 bytes are kept" in one_line(error)
    assert names(Path("data")) == {f"small/{IMAGES}"}
    published.asked.clear()
    assert main("small") == 0
    assert published.asked[0] == ("images.gz", "bytes=700000-")
    assert names(Path("data")) == {"small/images.gz", "small/labels.gz"}


def test_a_server_without_ranges_sends_all_of_it_again(published: Site) -> None:
    published.knows_ranges, published.cuts = False, [700_000]
    assert main("small") == 0
    assert Path("data/small/images.gz").read_bytes() == PACKED["images"]


def test_a_partial_file_that_is_whole_already_is_taken(published: Site) -> None:
    Path("data/small").mkdir(parents=True)
    Path("data/small", IMAGES).write_bytes(PACKED["images"])
    assert main("small") == 0
    assert names(Path("data")) == {"small/images.gz", "small/labels.gz"}


def test_two_that_fetch_at_once_both_have_it(published: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second found the first one's file, which was whole, and took it away from under it."""
    settle, others = tito.data._settle, list[Future[int]]()

    def meanwhile(part: Path, target: Path) -> None:
        if not others:
            others.append(threads.submit(main, "small"))
            wait(others, timeout=1)
        settle(part, target)

    with ThreadPoolExecutor(1) as threads:
        monkeypatch.setattr(tito.data, "_settle", meanwhile)
        assert main("small") == 0
        assert others[0].result(timeout=60) == 0
    assert [name for name, _ in published.asked] == ["images.gz", "labels.gz"]
    assert names(Path("data")) == {"small/images.gz", "small/labels.gz"}


@pytest.mark.parametrize("rubbish", [b"<html>not here</html>", bytes(2_000_000), PACKED["images"] + b"more"])
def test_a_wrong_partial_file_is_thrown_away_and_the_file_fetched_anew(published: Site, rubbish: bytes) -> None:
    Path("data/small").mkdir(parents=True)
    Path("data/small", IMAGES).write_bytes(rubbish)
    assert main("small") == 0
    assert Path("data/small/images.gz").read_bytes() == PACKED["images"]


@pytest.mark.parametrize(
    ("served", "problem"),
    [
        (gzip.compress(CONTENT["images"][:-1] + b"!", 1), "has the SHA-256"),
        (PACKED["images"][:-2000], "ends too early"),
        (PACKED["images"][:-4], "ends too early"),
        (PACKED["images"][:500_000] + bytes(9) + PACKED["images"][500_009:], "is damaged"),
        (PACKED["images"] + b"more", "something follows the packed data"),
        (gzip.compress(CONTENT["images"] + b"more", 1), "holds more than"),
        (gzip.compress(CONTENT["images"][:-100], 1), "ends too early"),
        (b"<html>please log in</html>", "ends too early, after 26 of"),
        (b"", "ends too early, after 0 of"),
        (bytes(3_100_000), "the server offers 3,100,000 bytes"),
    ],
)
def test_a_broken_file_is_never_mistaken_for_data(published: Site, served: bytes, problem: str) -> None:
    published.files["images.gz"] = served
    with pytest.raises(DataError) as error:
        main("small")
    assert problem in one_line(error)
    assert names(Path("data")) == set()


def test_an_archive_that_is_not_the_published_one_is_not_unpacked(published: Site) -> None:
    published.files["small.tar.gz"] = tar_of({"inside/images": b"other", "inside/labels": b"ones"})
    with pytest.raises(DataError) as error:
        main("packed")
    assert "ends too early" in one_line(error)
    assert names(Path("data")) == set()


def test_a_missing_file_is_one_line_with_a_remedy(published: Site) -> None:
    del published.files["labels.gz"]
    with pytest.raises(DataError) as error:
        main("small")
    place = published.address.removeprefix("http://").rstrip("/")
    assert f"labels.gz did not come ({place}: the server answers 404 Not Found)" in one_line(error)
    assert "--from" in one_line(error)
    assert names(Path("data")) == {"small/images.gz"}, "what came wholly stays"


def test_the_next_mirror_is_asked(published: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    mirrors = (published.address + "nothing/", published.address)
    monkeypatch.setitem(tito.data.DATA_SETS, "small", DataSet("small", FILES, mirrors))
    assert main("small") == 0
    assert [name for name, _ in published.asked[:2]] == ["nothing/images.gz", "images.gz"]


def test_no_network_is_one_line_and_keeps_what_came(published: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}/"
    monkeypatch.setitem(tito.data.DATA_SETS, "small", DataSet("small", FILES, (nobody,)))
    Path("data/small").mkdir(parents=True)
    Path("data/small", IMAGES).write_bytes(PACKED["images"][:1000])
    with pytest.raises(DataError) as error:
        main("small")
    assert "Connection refused" in one_line(error)
    assert "1,000 bytes are kept" in one_line(error)
    assert Path("data/small", IMAGES).stat().st_size == 1000


def test_another_address_can_be_named(published: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(tito.data.DATA_SETS, "small", DataSet("small", FILES, ("http://unused.invalid/",)))
    assert main("small", source=published.address.rstrip("/")) == 0
    assert names(Path("data")) == {"small/images.gz", "small/labels.gz"}


@pytest.mark.parametrize("inner", ["", "small"])
@pytest.mark.parametrize("packed", [True, False])
def test_files_can_come_from_a_folder(published: Site, tmp_path: Path, inner: str, packed: bool) -> None:
    place = tmp_path / "stick" / inner
    place.mkdir(parents=True)
    for name in CONTENT:
        (place / f"{name}.gz" if packed else place / name).write_bytes((PACKED if packed else CONTENT)[name])
    assert main("small", source=str(tmp_path / "stick")) == 0
    assert names(Path("data/small")) == ({"images.gz", "labels.gz"} if packed else {"images", "labels"})
    assert published.asked == []


def test_an_archive_or_its_files_can_come_from_a_folder(published: Site, tmp_path: Path) -> None:
    (tmp_path / "stick").mkdir()
    (tmp_path / "stick" / "small.tar.gz").write_bytes(ARCHIVE)
    assert main("packed", tmp_path / "a", str(tmp_path / "stick")) == 0
    assert main("packed", tmp_path / "b", str(tmp_path / "a" / "packed")) == 0
    assert names(tmp_path / "a") == names(tmp_path / "b") == {"packed/inside/images", "packed/inside/labels"}
    assert (tmp_path / "stick" / "small.tar.gz").is_file()


def test_a_broken_copy_in_a_folder_is_refused(published: Site, tmp_path: Path) -> None:
    for name in CONTENT:
        (tmp_path / f"{name}.gz").write_bytes(PACKED[name][:-300])
    with pytest.raises(DataError) as error:
        main("small", source=str(tmp_path))
    assert "images.gz is damaged: the packed data ends too early" in one_line(error)
    (tmp_path / "stick").mkdir()
    (tmp_path / "stick" / "small.tar.gz").write_bytes(ARCHIVE[:-5])
    with pytest.raises(DataError, match=r"small\.tar\.gz ends too early"):
        main("packed", source=str(tmp_path / "stick"))
    assert names(tmp_path) == {"images.gz", "labels.gz", "stick/small.tar.gz"}


def test_a_folder_without_it_says_what_it_lacks(published: Site, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"does not hold images\.gz, labels\.gz"):
        main("small", source=str(tmp_path))
    with pytest.raises(DataError, match=r"does not hold small\.tar\.gz"):
        main("packed", source=str(tmp_path))


def test_something_else_under_that_name_is_left_alone(published: Site) -> None:
    Path("data/small").mkdir(parents=True)
    Path("data/small/images.gz").write_bytes(b"mine")
    with pytest.raises(DataError) as error:
        main("small")
    assert "move it away" in one_line(error)
    assert Path("data/small/images.gz").read_bytes() == b"mine"
    assert published.asked == []


def test_an_archive_is_not_mixed_with_what_is_there(published: Site) -> None:
    Path("data/packed/inside").mkdir(parents=True)
    Path("data/packed/inside/images").write_bytes(CONTENT["images"])
    with pytest.raises(DataError, match="is there and not complete; move it away"):
        main("packed")
    assert published.asked == []
    assert names(Path("data")) == {"packed/inside/images"}


def test_a_folder_that_cannot_be_made_is_one_line(published: Site, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ToolError) as error:
        main("small", tmp_path / "file")
    assert "cannot be" in one_line(error)


def test_an_unknown_data_set_is_one_line() -> None:
    with pytest.raises(DataError) as error:
        main("imagenet")
    assert "there are mnist, fashion-mnist, cifar10" in one_line(error)


def test_the_published_sets_are_described_without_slips() -> None:
    for data_set in DATA_SETS.values():
        described = [*data_set.files, *([data_set.archive.file] if data_set.archive else [])]
        assert all(len(bytes.fromhex(file.sha256)) == 32 for file in described)
        assert len({file.sha256 for file in described}) == len(described)
        assert all(mirror.endswith("/") for mirror in data_set.mirrors)
