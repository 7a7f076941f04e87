"""What may travel: names, kinds of files, sizes. Each refusal is one line."""

from __future__ import annotations

import itertools
import os
import tarfile
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tito.errors import HandInError
from tito.exchange.archive import Limits, pack, plain_files, read_plain, unpack
from tito.exchange.folders import add_missing, put_file, put_folder
from tito.exchange.names import LONGEST_NAME, check_together, checked_name

SMALL = Limits(most_files=3, largest_file=1000, largest_whole=1500)


@pytest.mark.parametrize("name", ["01_setup.ipynb", "data/digits.npz", "Übung 1.txt", "データ.csv", "a.b-c_d+e"])
def test_plain_names_pass(name: str) -> None:
    assert checked_name(name) == name


def test_two_spellings_of_one_name_are_one() -> None:
    assert checked_name("U\u0308bung") == "Übung"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "plain relative path"),
        ("/etc/passwd", "plain relative path"),
        ("../x", "plain relative path"),
        ("a/../x", "plain relative path"),
        ("a//x", "plain relative path"),
        ("a/", "plain relative path"),
        (".", "plain relative path"),
        ("a\\b", "backslash"),
        ("a\nb", "cannot be seen"),
        ("a\0b", "cannot be seen"),
        ("a\u202etxt.exe", "cannot be seen"),
        ("a\u200bb", "cannot be seen"),
        ("a\udc80", "cannot be seen"),
        (" a", "space"),
        ("a /b", "space"),
        ("é" * 101, "longer than 200 bytes"),
        ("a/" * 8 + "b", "folders deep"),
    ],
)
def test_odd_names_are_refused_on_one_line(name: str, why: str) -> None:
    with pytest.raises(HandInError, match=why) as caught:
        checked_name(name)
    assert "\n" not in str(caught.value)


@given(st.text(max_size=60))
def test_a_checked_name_never_leaves_its_folder(name: str) -> None:
    try:
        checked = checked_name(name)
    except HandInError:
        return
    path = Path(os.path.normpath(Path("/folder", checked)))
    assert path.is_relative_to("/folder")
    assert path != Path("/folder")
    assert len(checked.encode()) <= LONGEST_NAME
    assert checked_name(checked) == checked


@pytest.mark.parametrize("names", [("a", "a"), ("a", "a/b"), ("a/b/c", "a/b")])
def test_names_that_cannot_stand_together_are_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(HandInError):
        check_together(names)


def tar_of(*members: tarfile.TarInfo, content: bytes = b"x") -> BytesIO:
    """A tar as somebody would write it who does not use our client."""
    out = BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for member in members:
            member.size = len(content) if member.type in {tarfile.REGTYPE, tarfile.CONTTYPE} else 0
            archive.addfile(member, BytesIO(content))
    out.seek(0)
    return out


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type, found.linkname = kind, target
    return found


def test_what_is_packed_is_unpacked() -> None:
    contents = {"01_setup.ipynb": b"{}", "data/" + "n" * 150: b"\0" * 700, "empty": b""}
    out = BytesIO()
    pack(contents, out)
    out.seek(0)
    assert dict(unpack(out, SMALL)) == contents


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.CONTTYPE],
)
def test_anything_but_plain_files_is_refused(kind: bytes) -> None:
    with pytest.raises(HandInError, match="link or a device"):
        list(unpack(tar_of(member("a", kind, "/etc/passwd")), SMALL))


def test_a_file_that_claims_to_be_huge_and_sparse_is_refused() -> None:
    sparse = member("a")
    sparse.pax_headers = {"GNU.sparse.major": "0", "GNU.sparse.minor": "0", "GNU.sparse.size": str(2**40)}
    sparse.pax_headers |= {"GNU.sparse.numblocks": "1", "GNU.sparse.map": "0,1"}
    with pytest.raises(HandInError):
        list(unpack(tar_of(sparse), SMALL))


@pytest.mark.parametrize(
    ("contents", "why"),
    [
        ({str(number): b"" for number in range(4)}, "more than 3 files"),
        ({"a": b"x" * 1001}, "'a' is larger"),
        ({"a": b"x" * 900, "b": b"x" * 900}, "together are larger"),
    ],
)
def test_what_is_too_much_is_refused_on_both_sides(contents: dict[str, bytes], why: str) -> None:
    out = BytesIO()
    pack(contents, out)
    out.seek(0)
    with pytest.raises(HandInError, match=why):
        list(unpack(out, SMALL))
    with pytest.raises(HandInError, match=why):
        SMALL.check({name: len(content) for name, content in contents.items()})


@pytest.mark.parametrize("names", [("a", "a"), ("a", "a/b"), ("../a",), ("/a",)])
def test_members_that_would_overwrite_are_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(HandInError):
        list(unpack(tar_of(*map(member, names)), SMALL))


@pytest.mark.parametrize("cut", [100, 512, 700])
def test_a_tar_that_was_cut_off_is_refused(cut: int) -> None:
    out = BytesIO()
    pack({"a": b"x" * 900}, out)
    with pytest.raises(HandInError, match="no whole tar"):
        list(unpack(BytesIO(out.getvalue()[:cut]), SMALL))


@given(st.binary(max_size=2000))
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    try:
        list(unpack(BytesIO(data), SMALL))
    except HandInError as error:
        assert "\n" not in str(error)


def nothing(_path: Path) -> bool:
    return False


def test_a_link_among_the_files_is_refused_before_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    (tmp_path / "b").symlink_to("/etc/passwd")
    with pytest.raises(HandInError, match="'b' is a link"):
        list(plain_files(tmp_path, nothing))
    assert list(plain_files(tmp_path, lambda path: path.name == "b")) == [tmp_path / "a"]
    with pytest.raises(HandInError, match="cannot be read"):
        read_plain(tmp_path / "b")


def test_a_pipe_is_refused_and_waits_for_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(HandInError, match="link or a device"):
        list(plain_files(tmp_path, nothing))
    with pytest.raises(HandInError, match="not a plain file"):
        read_plain(tmp_path / "pipe")


def test_a_folder_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "submitted" / "ada"
    put_folder(folder, {"a": b"1", "deep/b": b"2"})
    assert (folder / "deep" / "b").read_bytes() == b"2"
    put_folder(folder, {"a": b"new"})
    assert [path.name for path in folder.iterdir()] == ["a"]
    with monkeypatch.context() as patch:
        patch.setattr("tito.exchange.folders._write_new", full_disk)
        with pytest.raises(HandInError, match="No space left"):
            put_folder(folder, {"a": b"newer"})
    assert (folder / "a").read_bytes() == b"new"
    assert [path.name for path in folder.parent.iterdir()] == ["ada"], "nothing half-made is left"


def full_disk(path: Path, _content: bytes) -> None:
    raise OSError(28, "No space left on device", str(path))


def test_a_link_that_stands_in_the_way_is_replaced_and_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / "link").symlink_to(victim)
    put_file(tmp_path / "link", b"new")
    assert victim.read_text() == "mine"
    assert not (tmp_path / "link").is_symlink()
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    assert add_missing(tmp_path, {"dangling": b"x", "fresh": b"y"}) == ["fresh"]


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize("step", [1, 2])
def test_a_folder_that_two_put_at_once_is_one_of_theirs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool, step: int
) -> None:
    """A TA collects what the grading service collects: before either rename of the one, the other is done."""
    folder, rename, count = tmp_path / "01_setup", Path.rename, itertools.count(1)
    if there:
        put_folder(folder, {"a.txt": b"old"})

    def meanwhile(self: Path, target: Path) -> Path:
        if next(count) == step:
            with monkeypatch.context() as alone:
                alone.setattr(Path, "rename", rename)
                put_folder(folder, {"a.txt": b"theirs"})
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", meanwhile)
    put_folder(folder, {"a.txt": b"ours"})
    assert (folder / "a.txt").read_bytes() == b"ours"
    assert [path.name for path in tmp_path.iterdir()] == ["01_setup"]


def test_a_file_that_two_write_at_once_is_one_of_theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two tabs fetch the same missing files, or their receipts."""
    replace = Path.replace

    def meanwhile(self: Path, target: Path) -> Path:
        monkeypatch.setattr(Path, "replace", replace)
        put_file(tmp_path / "a.txt", b"theirs")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", meanwhile)
    put_file(tmp_path / "a.txt", b"ours")
    assert (tmp_path / "a.txt").read_bytes() == b"ours"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
