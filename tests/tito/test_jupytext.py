"""Authors who open source/NN_name.py as a notebook: JupyterLab's own contents manager, with jupytext's extension."""

from __future__ import annotations

import asyncio
import inspect
from pathlib import Path
from typing import Any

import pytest
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from jupytext.async_contentsmanager import build_async_jupytext_contents_manager_class

from tests.tiny import make_checkout, setup_source
from tito.notebooks import notebook_text
from tito.percent import normalised, read_source


async def open_and_save(folder: Path, name: str, change: Any) -> None:
    manager = build_async_jupytext_contents_manager_class(AsyncLargeFileManager)(root_dir=str(folder))

    async def call(method: Any, *arguments: Any, **options: Any) -> Any:
        found = method(*arguments, **options)
        return await found if inspect.isawaitable(found) else found

    model = await call(manager.get, name, content=True, type="notebook")
    change(model["content"])
    await call(manager.save, {"type": "notebook", "content": model["content"]}, name)


@pytest.mark.filterwarnings("default")  # the servers' own deprecations are not ours
def test_opening_as_a_notebook_and_saving_keeps_every_cell(tmp_path: Path) -> None:
    source = make_checkout(tmp_path / "checkout") / "source" / "01_setup.py"
    before = notebook_text(read_source(source))
    asyncio.run(open_and_save(source.parent, source.name, lambda _: None))
    assert notebook_text(read_source(source)) == before
    assert normalised(source) == setup_source()


@pytest.mark.filterwarnings("default")
def test_an_edit_made_there_is_what_is_released(tmp_path: Path) -> None:
    source = make_checkout(tmp_path / "checkout") / "source" / "01_setup.py"

    def edit(content: Any) -> None:
        content["cells"][0]["source"] = "# 01 · Setup, edited"
        content["cells"][2]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "an output"}]

    asyncio.run(open_and_save(source.parent, source.name, edit))
    assert normalised(source) == setup_source().replace("# # 01 · Setup", "# # 01 · Setup, edited")
