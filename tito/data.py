"""`tito data fetch`: the data sets that the milestones read, from their own sites or from a folder, always checked.

What stands under a data set's name is whole and is the published content, or it is not there: files come as
`.NAME.part`, are compared with SHA-256 of the unpacked content, and only then get their name.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from tito.commands.context import console
from tito.data_sets import DATA_SETS, Archive, DataFile, DataSet
from tito.download import DownloadError, Tell, download
from tito.errors import DataError, ToolError
from tito.files import locked

__all__ = ["data_folder", "main"]

_CHUNK = 1 << 20


def data_folder() -> Path:
    """Where data sets lie: TINYTORCH_DATA, or `data` in the working folder."""
    return Path(os.environ.get("TINYTORCH_DATA") or "data")


def main(name: str, folder: Path | None = None, source: str | None = None) -> int:
    """Put the data set `name` into its folder inside `folder`; what is there already is checked and stays.

    Args:
        folder: `data_folder()` if it is None.
        source: a folder or an address (http) to take the published files from, in place of their own sites.

    Returns:
        0, the exit status.

    Raises:
        DataError: no such data set; it cannot be had; or what is there is something else.
        ToolError: the folder cannot be written.
    """
    data_set = DATA_SETS.get(name.strip().lower().replace("_", "-"))
    if data_set is None:
        raise DataError(f"no data set is called {name!r}; there are {', '.join(DATA_SETS)} (nothing was fetched)")
    place = (folder or data_folder()) / data_set.name
    try:
        missing = _missing(data_set, place)
        if missing:
            place.mkdir(parents=True, exist_ok=True)
            with locked(place):  # another call may fetch it already: then it is there when that one is done
                if missing := _missing(data_set, place):
                    _Fetch(data_set, place, source).run(missing)
    except OSError as error:
        raise ToolError(f"{error.filename or place} cannot be used: {error.strerror}; what came is kept") from None
    console.print(
        f"{data_set.name} is {'' if missing else 'already '}in {place}, checked", soft_wrap=True, markup=False
    )
    return 0


# --- what is there ---------------------------------------------------------------------------


def _missing(data_set: DataSet, place: Path) -> list[DataFile]:
    """The files that are not there yet.

    Raises:
        DataError: something else stands under the name of one.
    """
    missing = []
    for file in data_set.files:
        path = _present(_inside(data_set, place), file)
        if path is None:
            missing.append(file)
        elif problem := _problem(path, file):
            raise DataError(f"{path} {problem}; move it away and fetch {data_set.name} again (nothing was changed)")
    return missing


def _inside(data_set: DataSet, place: Path) -> Path:
    """Where in its folder the files of a data set lie."""
    return place / data_set.archive.folder if data_set.archive else place


def _present(folder: Path, file: DataFile) -> Path | None:
    """The path of the file in `folder`, packed or not."""
    return next((path for path in (folder / file.name, folder / f"{file.name}.gz") if path.is_file()), None)


def _problem(path: Path, file: DataFile) -> str | None:
    """Why `path` is not `file`, packed or not; None if it is."""
    digest, size = hashlib.sha256(), 0
    try:
        for chunk in _content(path, unpack=not file.name.endswith(".gz")):
            digest.update(chunk)
            size += len(chunk)
            if size > file.size:
                return f"holds more than the {file.size:,} bytes expected"
    except zlib.error as error:
        return f"is damaged: {error}"
    if size < file.size:
        return f"ends too early, after {size:,} of {file.size:,} bytes"
    found = digest.hexdigest()
    return None if found == file.sha256 else f"has the SHA-256 {found[:16]}…, expected {file.sha256[:16]}…"


def _content(path: Path, unpack: bool) -> Iterator[bytes]:
    """The bytes of a file; of what is in it if it is packed and `unpack`."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        if not (packed and unpack):
            while chunk := file.read(_CHUNK):
                yield chunk
            return
        unpacker = zlib.decompressobj(wbits=31)
        while not unpacker.eof:
            chunk = unpacker.unconsumed_tail or file.read(_CHUNK)
            if not chunk:
                raise zlib.error("the packed data ends too early")
            yield unpacker.decompress(chunk, _CHUNK)
        if unpacker.unused_data or file.read(1):
            raise zlib.error("something follows the packed data")


# --- getting it ------------------------------------------------------------------------------


class _Fetch:
    """One call of `tito data fetch` that has something to fetch."""

    def __init__(self, data_set: DataSet, place: Path, source: str | None) -> None:
        self.data_set, self.place = data_set, place
        is_address = source is not None and source.startswith(("http://", "https://"))
        self.folder = Path(source) if source is not None and not is_address else None
        self.mirrors = (source.rstrip("/") + "/",) if source is not None and is_address else data_set.mirrors

    def run(self, missing: list[DataFile]) -> None:
        archive = self.data_set.archive
        if self.folder is not None:
            self._from_folder(self.folder, missing)
        elif archive is None:
            for file in missing:
                self._download(file, f"{file.name}.gz", self.place / f"{file.name}.gz")
        else:
            packed = self.place / archive.file.name
            self._refuse_to_mix(archive)
            if not packed.is_file() or _problem(packed, archive.file):
                self._download(archive.file, archive.file.name, packed)
            self._unpack(packed, archive)
            packed.unlink()

    def _from_folder(self, folder: Path, missing: list[DataFile]) -> None:
        """Copy what is missing, from the folder itself or from the data set's folder in it."""
        archive = self.data_set.archive
        for place in (folder, folder / self.data_set.name):
            inside = [candidate for candidate in (_inside(self.data_set, place), place) if candidate.is_dir()]
            for candidate in inside:
                found = [(file, path) for file in missing if (path := _present(candidate, file))]
                if len(found) == len(missing):
                    for file, path in found:
                        self._copy(path, file, _inside(self.data_set, self.place) / path.name)
                    return
            if archive is not None and (place / archive.file.name).is_file():
                packed = place / archive.file.name
                if problem := _problem(packed, archive.file):
                    raise DataError(f"{packed} {problem} (nothing was changed)")
                self._unpack(packed, archive)
                return
        wanted = archive.file.name if archive else ", ".join(f"{file.name}.gz" for file in missing)
        raise DataError(f"{folder} does not hold {wanted}; name the folder that does (nothing was changed)")

    def _copy(self, path: Path, file: DataFile, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = _part(target)
        try:
            shutil.copyfile(path, part)
            if problem := _problem(part, file):
                raise DataError(f"{path} {problem} (it was not taken)")
            _settle(part, target)
        finally:
            part.unlink(missing_ok=True)

    def _download(self, file: DataFile, name: str, target: Path) -> None:
        """Fetch `name` from the first mirror that gives the published content."""
        part, problems = _part(target), []
        for mirror in self.mirrors:
            resumed = part.is_file()
            problem = self._try(mirror + name, part, file)
            if problem and resumed and not part.is_file():  # the beginning was wrong, perhaps: once more without it
                problem = self._try(mirror + name, part, file)
            if not problem:
                _settle(part, target)
                return
            problems.append(f"{urlsplit(mirror).netloc}: {problem}")
        kept = (
            f"{part.stat().st_size:,} bytes are kept, and going on starts there"
            if part.is_file()
            else "nothing of it is kept"
        )
        raise DataError(
            f"{name} did not come ({'; '.join(problems)}). Try again later, or take it from a folder or an address "
            f"of yours: --from ({kept})"
        )

    def _try(self, url: str, part: Path, file: DataFile) -> str | None:
        """Why `url` did not give the file, or None. What has come and is wrong is thrown away."""
        try:
            with _progress(file.name) as tell:
                download(url, part, limit=file.size + 4096, tell=tell)  # packing adds a little when it gains nothing
        except DownloadError as error:
            return str(error)
        problem = _problem(part, file)
        if problem:
            part.unlink()
            return f"what came {problem} and was thrown away"
        return None

    def _refuse_to_mix(self, archive: Archive) -> None:
        """An archive is unpacked as a whole, never into a folder that somebody else made."""
        target = self.place / archive.folder
        if target.exists():
            raise DataError(f"{target} is there and not complete; move it away and fetch again (nothing was changed)")

    def _unpack(self, packed: Path, archive: Archive) -> None:
        """Take the files out of an archive that has been checked; all of them stand there in the end, or none."""
        target = self.place / archive.folder
        self._refuse_to_mix(archive)
        self.place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.place, prefix=".unpacking-") as scratch:
            whole = Path(scratch, archive.folder)
            whole.mkdir()
            with tarfile.open(packed, "r:gz") as tar:
                for file in self.data_set.files:
                    source = tar.extractfile(f"{archive.folder}/{file.name}")
                    assert source is not None, "the archive was checked: it holds this file"
                    with source, (whole / file.name).open("wb") as copy:
                        shutil.copyfileobj(source, copy, _CHUNK)
                    if problem := _problem(whole / file.name, file):
                        raise DataError(f"{file.name} in {packed} {problem} (nothing was changed)")
            whole.rename(target)


def _part(target: Path) -> Path:
    return target.with_name(f".{target.name}.part")


def _settle(part: Path, target: Path) -> None:
    """Give a checked file its name."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.chmod(0o644)
    part.replace(target)


@contextmanager
def _progress(name: str) -> Iterator[Tell]:
    """A progress bar, where there is a terminal to show it."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(name, total=None)

        def tell(there: int, total: int | None) -> None:
            bar.update(task, completed=there, total=total)

        yield tell
