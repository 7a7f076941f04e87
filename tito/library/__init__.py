"""tinytorch_lib, made from notebooks: the reference from source/, a student's from what they wrote."""

from tito.library.build import ModuleBuild, build_reference, build_student, reference_files
from tito.library.render import ExportError, module_text, package_text, public_names

__all__ = [
    "ExportError",
    "ModuleBuild",
    "build_reference",
    "build_student",
    "module_text",
    "package_text",
    "public_names",
    "reference_files",
]
