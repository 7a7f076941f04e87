"""The course tools: the `tito` command, and what nbgrader's configuration plugs in."""

__all__ = ["__version__"]

__version__ = "0.1.0"
