"""nbgrader in a student's server: which course, which exchange, and whose submission it is."""

import os
from pathlib import Path

c = get_config()  # noqa: F821 - nbgrader provides it

home = Path.home()
c.CourseDirectory.course_id = os.environ["TINYTORCH_COURSE_ID"]
# All servers of `make serve` run as one system user, and nbgrader would file every submission under that name.
c.CourseDirectory.student_id = os.environ["JUPYTERHUB_USER"]
c.Exchange.root = os.environ["TINYTORCH_EXCHANGE"]
c.Exchange.assignment_dir = str(home)
c.Exchange.cache = str(home / ".local" / "share" / "jupyter" / "nbgrader_cache")
c.KernelManager.transport_encryption = "auto"  # other users of the machine read nothing on the kernel's ports
# Submitting also makes the library that the next notebook imports.
c.ExchangeFactory.submit = "tito.nbgrader_plugins.exchange.SubmitAndExport"
