"""nbgrader's configuration of this course: directories, exchange, plug-ins. Values only; course.toml has the rest."""

import os
import tomllib
from pathlib import Path

from tito.addresses import watched
from tito.exchange.plugins import OVER_HTTP

# Not resolved: a course folder of `make serve` or the demo links to this file and keeps its own records.
root = Path(__file__).absolute().parent
settings = tomllib.loads((root / "course.toml").read_text())
plugins = "tito.nbgrader_plugins"

c = get_config()  # noqa: F821  traitlets puts it here

c.CourseDirectory.root = str(root)
c.CourseDirectory.course_id = settings["course"]["id"]
database = os.environ.get("TINYTORCH_DATABASE") or settings.get("database", {}).get("url")
if database:  # else SQLite in the course folder
    c.CourseDirectory.db_url = watched(database)
if "TINYTORCH_EXCHANGE_URL" in os.environ or (root / "exchange.json").is_file():
    # A hub's exchange service: in a server the environment names it, in a hub's course folder that file.
    c.ExchangeFactory.update(OVER_HTTP)
else:
    c.Exchange.root = str(root / "exchange")
    c.ExchangeFactory.submit = f"{plugins}.exchange.SubmitAndExport"
    c.ExchangeFactory.collect = f"{plugins}.collect.CollectSafely"
c.ExportApp.plugin_class = f"{plugins}.export.CourseExport"

# The .py beside source/NN_name/ is the truth, for the command line and the formgrader's button alike.
c.GenerateAssignment.preprocessors = [
    f"{plugins}.source.UseSource",
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "nbgrader.preprocessors.LockCells",
    "nbgrader.preprocessors.ClearSolutions",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.SaveCells",
    f"{plugins}.source.RecordDueDate",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ComputeChecksums",  # again: the released text is shorter by the hidden tests
    "nbgrader.preprocessors.CheckCellMetadata",
]

c.Autograde.exporter_class = f"{plugins}.submissions.SubmissionExporter"
c.Autograde.sanitize_preprocessors = [
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    f"{plugins}.examine.Examine",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    f"{plugins}.late.GrantExtension",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.AssignLatePenalties.plugin_class = f"{plugins}.late.CourseLatePolicy"

c.GenerateFeedback.preprocessors = ["tito.feedback.grades.ReadGrades"]
c.GenerateFeedback.exporter_class = "tito.feedback.exporter.FeedbackExporter"

# The formgrader shows submissions to people who may change grades: nothing in one may run.
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.filters = {
    "markdown2html": "tito.feedback.markdown.markdown_to_html",
    "clean_html": "tito.feedback.markdown.clean_html",
}
