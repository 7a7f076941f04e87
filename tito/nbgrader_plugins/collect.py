"""Collecting submissions without following what a student made point elsewhere."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from nbgrader.exchange.default import ExchangeCollect
from nbgrader.utils import ignore_patterns

from tito.nbgrader_plugins.guard import is_odd

__all__ = ["CollectSafely"]


class CollectSafely(ExchangeCollect):
    """nbgrader's collect, except that links arrive as links, and what cannot be copied stops nobody else's submission.

    nbgrader copies what a link points to, with the instructor's rights: a link to the gradebook would come back as an
    extra file of the student's own. Pipes and devices are left in the exchange. (The grader is one system user, so
    nbgrader's group-shared mode is not kept up here.)
    """

    def init_dest(self) -> None:
        """Make the students' folders, which two modules that are collected at once share.

        nbgrader looks whether one is there and makes it afterwards: the second process would fail on the first's.
        """
        for record in self.src_records:
            place = (self.coursedir.submitted_directory, record["username"], self.coursedir.assignment_id)
            Path(self.coursedir.format_path(*place)).parent.mkdir(parents=True, exist_ok=True)

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:  # noqa: ARG002
        if self.get_size(src) > 1000 * self.coursedir.max_dir_size:
            self.log.error("%s is larger than %d kB: not collected", src, self.coursedir.max_dir_size)
            return
        try:
            shutil.copytree(src, dest, symlinks=True, ignore=self._ignored)
        except OSError as error:  # shutil.Error is one
            self.log.error("%s could not be collected: %s", src, str(error)[:200])
            shutil.rmtree(dest, ignore_errors=True)

    def _ignored(self, folder: str, names: list[str]) -> set[str]:
        coursedir = self.coursedir
        by_rule = ignore_patterns(coursedir.ignore, coursedir.include, coursedir.max_file_size, self.log)
        paths = {name: Path(folder, name) for name in names}
        links = {name for name, path in paths.items() if path.is_symlink()}
        devices = {name for name, path in paths.items() if name not in links and is_odd(path)}
        return devices | set(by_rule(folder, [name for name in names if name not in devices | links]))
