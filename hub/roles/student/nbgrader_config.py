"""nbgrader in a student's server: which course, and the hub's exchange service."""

import os
from pathlib import Path

c = get_config()  # noqa: F821 - nbgrader provides it

c.CourseDirectory.course_id = os.environ["TINYTORCH_COURSE_ID"]
# For what nbgrader shows; who submits is the hub's to say.
c.CourseDirectory.student_id = os.environ["JUPYTERHUB_USER"]
c.Exchange.assignment_dir = str(Path.home())
c.KernelManager.transport_encryption = "auto"  # other users of the machine read nothing on the kernel's ports

# TINYTORCH_EXCHANGE_URL says where it is. Submitting also makes the library that the next notebook imports.
c.ExchangeFactory.exchange = "tito.exchange.base.Exchange"
c.ExchangeFactory.fetch_assignment = "tito.exchange.student.FetchAssignment"
c.ExchangeFactory.fetch_feedback = "tito.exchange.student.FetchFeedback"
c.ExchangeFactory.list = "tito.exchange.listing.List"
c.ExchangeFactory.submit = "tito.exchange.student.Submit"
c.ExchangeFactory.release_assignment = "tito.exchange.staff.ReleaseAssignment"
c.ExchangeFactory.release_feedback = "tito.exchange.staff.ReleaseFeedback"
c.ExchangeFactory.collect = "tito.exchange.staff.Collect"
