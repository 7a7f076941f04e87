"""`python -m hub.exchange`: run the service with what the environment says."""

from __future__ import annotations

import asyncio
import os
import sys

from hub.exchange.app import serve
from hub.exchange.log import set_up
from hub.exchange.settings import Settings
from hub.exits import exit_status


def main() -> int:
    """Serve until stopped; gives the process's exit status."""
    set_up()
    return exit_status("exchange", lambda: asyncio.run(serve(Settings.read(os.environ))))


if __name__ == "__main__":
    sys.exit(main())
