"""JupyterHub's configuration for `make serve`. It decides nothing: hub/settings.py does."""

import os

from hub.handover import receive
from hub.settings import apply, hub_values

c = get_config()  # noqa: F821 - JupyterHub provides it
apply(hub_values(*receive(os.environ)), c)
