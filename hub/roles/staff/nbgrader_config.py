"""nbgrader in the server of a TA or an instructor: the course's own configuration, seen from their home.

nbgrader looks for configuration on Jupyter's paths and in the working folder, never in the course, so this loads it.
"""

import os
from pathlib import Path

c = get_config()  # noqa: F821 - nbgrader provides it

course = Path(os.environ["TINYTORCH_COURSE"])
load_subconfig(str(course / "nbgrader_config.py"))  # noqa: F821 - traitlets provides it
# The same folder by the link in their home: the formgrader opens only what lies below the server's root.
c.CourseDirectory.root = str(Path.home() / "course")
