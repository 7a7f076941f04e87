"""The staff's and the students' nbgrader take the same exchange classes."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbgrader.exchange import abc
from traitlets.config import PyFileConfigLoader
from traitlets.utils.importstring import import_item

from tito.exchange.plugins import OVER_HTTP


@pytest.mark.parametrize("path", ["nbgrader_config.py", "hub/roles/student/nbgrader_config.py"])
def test_configurations_name_classes_that_are_there(root: Path, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYTORCH_EXCHANGE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("TINYTORCH_COURSE_ID", "course")
    monkeypatch.setenv("JUPYTERHUB_USER", "ada")
    config = PyFileConfigLoader(Path(path).name, path=str(root / Path(path).parent)).load_config()
    assert config.ExchangeFactory == OVER_HTTP
    assert all(issubclass(import_item(name), abc.Exchange) for name in OVER_HTTP.values())
