"""How files travel: a plain tar of regular files, written and read with the same rules on both sides.

What arrives was written by somebody else. Nothing is unpacked by tarfile: each member is looked at, and its content is
handed on under a checked name.
"""

from __future__ import annotations

import os
import stat
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO

from tito.errors import HandInError
from tito.exchange.names import check_together, checked_name

__all__ = ["Limits", "pack", "plain_files", "read_plain", "unpack"]

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What one hand-in may hold."""

    most_files: int = 200
    largest_file: int = 20 * MEBIBYTE
    largest_whole: int = 50 * MEBIBYTE

    @property
    def largest_body(self) -> int:
        """Bytes of the tar: a header, a long name and padding for each file."""
        return self.largest_whole + 4096 * self.most_files + 10240

    def check(self, sizes: Mapping[str, int]) -> None:
        """See that files of these names and sizes are within the limits.

        Raises:
            HandInError: there are too many, or one or all of them are too large.
        """
        if len(sizes) > self.most_files:
            raise HandInError(f"more than {self.most_files} files; hand in fewer (nothing was sent on)")
        for name, size in sizes.items():
            if size > self.largest_file:
                raise HandInError(
                    f"{name!r} is larger than {_mebibytes(self.largest_file)}; make it smaller or take it out "
                    "(nothing was sent on)"
                )
        if sum(sizes.values()) > self.largest_whole:
            raise HandInError(
                f"all files together are larger than {_mebibytes(self.largest_whole)}; take some out "
                "(nothing was sent on)"
            )


def _mebibytes(size: int) -> str:
    return f"{size / MEBIBYTE:g} MiB"


def plain_files(folder: Path, skip: Callable[[Path], bool]) -> Iterator[Path]:
    """Every file below `folder`, in order, without the files and folders that `skip` names.

    Raises:
        HandInError: something there is a link, a pipe or a device.
    """
    for entry in sorted(folder.iterdir()):
        if skip(entry):
            continue
        mode = entry.lstat().st_mode
        if stat.S_ISDIR(mode):
            yield from plain_files(entry, skip)
        elif stat.S_ISREG(mode):
            yield entry
        else:
            raise HandInError(
                f"{entry.name!r} is a link or a device; put a copy of the file itself there (nothing was sent on)"
            )


def read_plain(path: Path) -> bytes:
    """The content of a file that is no link and no pipe, whatever it was when it was listed.

    Raises:
        HandInError: it is one, or it cannot be read.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise OSError(0, "not a plain file")
            return file.read()
    except OSError as error:
        raise HandInError(f"{path} cannot be read: {error.strerror} (nothing was sent on)") from None


def pack(contents: Mapping[str, bytes], out: IO[bytes]) -> None:
    """Write a tar of `contents`, by name."""
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o644
            archive.addfile(member, BytesIO(content))


def unpack(stream: IO[bytes], limits: Limits) -> Iterator[tuple[str, bytes]]:
    """Each file of a tar: its checked name and its content.

    Raises:
        HandInError: the tar is broken, holds anything but plain files, odd names, or more than `limits` allow. Some
            files may have been given by then.
    """
    sizes: dict[str, int] = {}
    try:
        with tarfile.open(fileobj=stream, mode="r:") as archive:
            for member in archive:
                if member.isdir():
                    continue
                if member.type not in {tarfile.REGTYPE, tarfile.AREGTYPE} or member.sparse is not None:
                    raise HandInError(
                        f"{member.name[:80]!r} is a link or a device; hand in plain files alone (nothing was sent on)"
                    )
                name = checked_name(member.name)
                check_together([*sizes, name])
                sizes[name] = member.size
                limits.check(sizes)
                yield name, _content(archive, member)
    except (tarfile.TarError, ValueError, EOFError) as error:
        raise HandInError(f"what arrived is no whole tar: {error}; send it again (nothing was sent on)") from None


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    content = file.read() if file else b""
    if len(content) != member.size:
        raise tarfile.ReadError(f"{member.name[:80]!r} is cut off")
    return content
