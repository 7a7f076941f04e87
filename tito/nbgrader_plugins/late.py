"""Late submissions lose what course.toml says."""

from __future__ import annotations

from nbgrader.plugins import LateSubmissionPlugin

from tito.course import Course

__all__ = ["CourseLatePolicy"]


class CourseLatePolicy(LateSubmissionPlugin):
    """nbgrader's own plugin knows only no penalty and all of it; this one asks course.toml's [late] table."""

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float:
        penalty = Course.find().late.penalty(score, total_seconds_late)
        self.log.info("%s is %d s late and loses %.2f of %.2f", student_id, total_seconds_late, penalty, score)
        return penalty
