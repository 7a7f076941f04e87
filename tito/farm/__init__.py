"""Grading beyond one machine: the same task on Celery workers, with Redis between them and the coordinator.

Nothing here is imported where one machine is enough, and celery and redis need not be installed there.
"""

from tito.farm.probe import probe

__all__ = ["probe"]
