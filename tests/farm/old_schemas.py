"""Databases in PostgreSQL as earlier versions of JupyterHub and nbgrader laid them out.

tests/docker runs this file in a container beside the database: it imports nothing of ours.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HUB = "be8ecf03ddac"
"""Before proofs of OAuth clients, what an authenticator knows of a user, and names of servers for display."""

GRADEBOOK = "167914646830"
"""Of nbgrader 0.6: no courses, no names of a learning platform's."""

GRADEBOOK_BACK = """
alter table assignment drop column course_id;
drop table course;
alter table student drop column lms_user_id;
update alembic_version set version_num = '167914646830';
"""


def take_hub_back(url: str) -> None:
    """JupyterHub's own steps back; they drop columns, with what stands in them."""
    from jupyterhub import dbutil

    alembic = Path(sys.executable).with_name("alembic")
    with dbutil._temp_alembic_ini(url) as settings:
        subprocess.run([alembic, "-c", settings, "downgrade", HUB], check=True, capture_output=True)


def take_gradebook_back(url: str) -> None:
    """nbgrader's step back does not run, so this is the tables as its older version made them."""
    from sqlalchemy import create_engine

    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(GRADEBOOK_BACK)
    finally:
        engine.dispose()
