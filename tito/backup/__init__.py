"""Backup and restore of a course: its folder, what its hub keeps, and every database, while they are in use."""

from tito.backup.archive import make_backup
from tito.backup.places import Places, find_places, places_for_restore
from tito.backup.restore import restore

__all__ = ["Places", "find_places", "make_backup", "places_for_restore", "restore"]
