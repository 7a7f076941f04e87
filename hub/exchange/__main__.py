"""`python -m hub.exchange`: run the service with what the environment says."""

from __future__ import annotations

import asyncio
import os
import sys

from hub.exchange.app import serve
from hub.exchange.log import set_up
from hub.exchange.settings import Settings
from tito.errors import TitoError


def main() -> int:
    """Serve until stopped; gives the process's exit status."""
    set_up()
    try:
        asyncio.run(serve(Settings.read(os.environ)))
    except TitoError as error:
        print(f"exchange: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
