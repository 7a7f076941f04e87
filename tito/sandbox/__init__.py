"""Exam rooms: isolated processes in which a student's code runs, and nothing else does."""

from tito.sandbox.base import Backend, Ending, Limits, Room

__all__ = ["Backend", "Ending", "Limits", "Room"]
