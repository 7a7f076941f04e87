"""A user's Jupyter server: how it starts, and what it loads once it runs."""

import gc

__all__ = ["USUAL"]

USUAL = gc.get_threshold()
"""How often Python looks for garbage when nobody says anything else; a server that starts looks seldom."""
