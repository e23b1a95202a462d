"""The sections of the report, each a module of this package: one file more is one more section.

A section's module states TITLE, its heading; ORDER, its place on the page, a number that no other
section has; and `show`, a function that takes the contents of the report and gives the variables of
the template. The template is the file {module}.html.jinja beside the module, or in its place the
text TEMPLATE in the module; it is given `contents`, too. Modules whose names begin with an
underscore are no sections.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from types import ModuleType
from typing import Any

from jinja2 import Template

from plumbing.errors import InputError
from plumbing.found_by_name import modules_of
from speech_decoding.report.contents import Contents
from speech_decoding.report.layout import TEMPLATES, Part


@dataclass(frozen=True)
class Section:
    """A section as its module describes it."""

    name: str
    title: str
    order: float
    template: Template
    show: Callable[[Contents], dict[str, Any]]

    def fill(self, contents: Contents) -> Part:
        """Give the part of the page that shows these contents."""
        variables = {"contents": contents, **self.show(contents)}
        return Part(self.name, self.title, self.template, variables)


def find_sections() -> list[Section]:
    """Give all sections in the order of the page.

    Raises: InputError if a section states no title or order, or the order of another.
    """
    modules = modules_of("speech_decoding.report.sections")
    sections = [_describe(name, module) for name, module in modules.items()]
    sections.sort(key=lambda section: section.order)
    for one, other in pairwise(sections):
        if one.order == other.order:
            raise InputError(
                f"sections/{one.name}.py and sections/{other.name}.py",
                expected="a different ORDER for each section",
                found=f"{one.order} in both",
                consequence="their order on the page is not defined",
                next_step="change one of them",
            )
    return sections


def _describe(name: str, module: ModuleType) -> Section:
    missing = [stated for stated in ("TITLE", "ORDER", "show") if not hasattr(module, stated)]
    if missing:
        raise InputError(
            module.__file__,
            expected="a section of the report, which states TITLE, ORDER and show",
            found=f"no {' and no '.join(missing)}",
            consequence="the report cannot be written",
            next_step="add it, or begin the file's name with an underscore if it is no section",
        )
    text = getattr(module, "TEMPLATE", None)
    if text is None:
        template = TEMPLATES.get_template(f"sections/{name}.html.jinja")
    else:
        template = TEMPLATES.from_string(text)
    return Section(name, module.TITLE, module.ORDER, template, module.show)
