"""One step of nbgrader's that PostgreSQL refuses, done so that it does not.

nbgrader 0.7 gave each assignment a course. Its migration adds a column that may not be empty and says nothing of what
stands in it for the assignments that are there: SQLite takes that, PostgreSQL only for an empty table.
"""

from __future__ import annotations

__all__ = ["BEFORE", "add_courses"]

BEFORE, AFTER = "282d30a0218e", "e43177bfe90b"

_STEP = f"""
CREATE TABLE IF NOT EXISTS course (id VARCHAR(128) PRIMARY KEY);
INSERT INTO course (id) SELECT 'default_course' WHERE NOT EXISTS (SELECT FROM course);
ALTER TABLE assignment ADD COLUMN course_id VARCHAR(128) NOT NULL DEFAULT 'default_course';
ALTER TABLE assignment ALTER COLUMN course_id DROP DEFAULT;
ALTER TABLE assignment ADD CONSTRAINT fk_course_assignment FOREIGN KEY (course_id) REFERENCES course (id);
UPDATE alembic_version SET version_num = '{AFTER}' WHERE version_num = '{BEFORE}';
"""
"""What nbgrader's step does, with its names and its value."""


def add_courses(url: str) -> None:
    """Take a PostgreSQL gradebook from the revision `BEFORE` to the next; all of it or nothing."""
    from sqlalchemy import create_engine

    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(_STEP)
    finally:
        engine.dispose()
