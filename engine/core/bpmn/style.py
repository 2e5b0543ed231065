"""The house style of diagrams, as far as a program can see it: warnings with advice, for files that keep to the modelling guide.

Nothing here stops a deployment. `zhuqi check` asks it of the files below a folder `workflows`; diagrams from elsewhere may look as
they like. What each finding means to a modeller stands in docs/modelling-guide.zh.md.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.core.bpmn.model import Diagram
from engine.core.bpmn.style_drawing import check_drawing
from engine.core.bpmn.style_names import check_names
from engine.core.bpmn.style_work import check_offers, check_work
from engine.core.problems import Problem


def check_style(diagrams: Iterable[Diagram]) -> list[Problem]:
    """Every finding, in files in the order given and each file by line."""
    all_of_them = list(diagrams)
    found: list[Problem] = []
    for diagram in all_of_them:
        here = list(check_drawing(diagram))
        for process in diagram.processes:
            here += [*check_names(process), *check_work(process)]
        here += check_offers(diagram, all_of_them)
        found += sorted(here, key=lambda problem: problem.line or 0)
    return found
