"""JupyterHub for the course: settings as pure functions, applied by jupyterhub_config.py."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the line a user of an older Python sees instead of a traceback
    found = ".".join(map(str, sys.version_info[:2]))
    sys.exit(f"Python {found} is too old; install Python 3.11 or newer and run make serve again (nothing was changed)")
