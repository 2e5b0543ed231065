"""What every page about a case shows: its diagram with marks, its history so far, its big steps, what was filed, its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import request, url_for
from markupsafe import Markup
from sqlalchemy import Row
from sqlalchemy.orm import Session

from engine.core.bpmn.drawing import draw
from engine.core.bpmn.model import Kind as NodeKind
from engine.core.forms.parts import View
from engine.core.forms.view import view
from engine.verbs import attachments, definitions, history, instances, sources
from engine.verbs.access import Actor, Kind
from webapp.progress import BigStep, big_steps
from webapp.texts import language


LINES = 50  # of a timeline on one page
LAST = 2**31 - 1  # the largest number that a line can have
Place = tuple[str, str]  # a process definition, and an activation in the instance that belongs to it: which of several calls


@dataclass(frozen=True)
class CaseParts:
    """`filed`: the start form as it was filled in, None if the process starts without one. `calls`: other processes with diagrams.

    `timeline`: the newest first, at most LINES; `earlier`: the address of those before, None if there are none; `newest`: the address
    of the newest, None if these are.
    """

    svg: Markup
    timeline: Sequence[history.TimelineRow]
    earlier: str | None
    newest: str | None
    steps: list[BigStep]
    filed: View | None
    files: Sequence[Row]
    calls: list[instances.Call]


def case_parts(session: Session, instance_id: str, actor: Actor, now: datetime, place: Place | None = None, before: int | None = None) -> CaseParts:
    """For a process instance that the actor may see; raises NotFound for any other. `place`: whose diagram is drawn, if not its own.

    `before`: the `seq` of the line of the timeline that the lines shown come before.
    """
    own = instances.get(session, instance_id, actor)
    process = definitions.process(session, own.definition_id)
    drawn, activation = place or (own.definition_id, instance_id)
    marks, badges = instances.marks(session, instance_id, drawn, activation)
    lines = history.timeline(session, instance_id, actor, language(), before=before, most=LINES + 1)[::-1]
    return CaseParts(
        # The drawing escapes every name in it and carries no script.
        svg=Markup(draw(definitions.diagram(session, drawn), marks, badges, language())),
        timeline=lines[:LINES],
        earlier=_history(actor, instance_id, lines[LINES - 1].seq) if len(lines) > LINES else None,
        newest=_history(actor, instance_id) if before is not None else None,
        steps=big_steps(process, marks) if drawn == own.definition_id else [],
        filed=_filed(session, own, actor, now),
        files=attachments.of_instance(session, instance_id, actor),
        calls=instances.calls(session, instance_id) if any(node.kind is NodeKind.CALL_ACTIVITY for node in process.nodes.values()) else [],
    )


def line_asked_for() -> int | None:
    """The `before` of this request's address."""
    before = request.args.get("before", None, int)
    return None if before is None else max(0, min(before, LAST))


def _history(actor: Actor, instance_id: str, before: int | None = None) -> str:
    """The timeline on the page of the case, as these people see it."""
    page = "enterprise_pages.follow" if actor.kind is Kind.ENTERPRISE else "instance_pages.show"
    return url_for(page, instance_id=instance_id, before=before, _anchor="history")


def steps_of(session: Session, instance_id: str, definition_id: str) -> list[BigStep]:
    """Only the big steps, for a list of cases that the actor may see."""
    return big_steps(definitions.process(session, definition_id), instances.marks(session, instance_id)[0])


def _filed(session: Session, own: instances.Detail, actor: Actor, now: datetime) -> View | None:
    form = definitions.start_form(session, own.definition_id)
    if form is None:
        return None
    # Only what the form itself asks for: the people of an enterprise see what they filed, not what offices noted down since.
    asked = sorted({component.path[0] for component in form.walk() if component.path})
    variables = instances.root_variables(session, own.id, asked, actor)
    # Whoever may see the case may know whose it is, though they could not choose that enterprise themselves.
    if own.enterprise_id is not None:
        variables["my_enterprises"] = [{"label": own.enterprise_name or "—", "value": own.enterprise_id}]
    return view(form, sources.with_sources(session, form, variables, actor), now=now, read_only=True)
