"""nbgrader's formgrader, about a TA's own sections: a Jupyter server extension that takes the place of nbgrader's.

It is a view and no wall: whoever has the formgrader has the gradebook's files. Nothing of nbgrader is patched: its API
and its pages' handlers are derived from, and its templates extended.
"""

from __future__ import annotations

from typing import Any

__all__ = ["_load_jupyter_server_extension"]


def _load_jupyter_server_extension(server: Any) -> None:
    """Put the formgrader into a Jupyter server, as `nbgrader.server_extensions.formgrader` does."""
    from tito.formgrader.extension import load

    load(server)
