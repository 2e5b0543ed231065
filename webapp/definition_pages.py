"""Deployed processes for those who own them: versions, diagram, decision tables."""

from __future__ import annotations

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from engine.core.bpmn.drawing import draw
from engine.verbs import definitions, inboxes
from engine.verbs.access import Act
from webapp.database import store
from webapp.decision_tables import readable
from webapp.security import needs
from webapp.texts import language

pages = Blueprint("definition_pages", __name__, url_prefix="/definitions")


@pages.get("")
@needs(Act.SEE_DEFINITIONS)
def show_all() -> ResponseReturnValue:
    with store().reading() as session:
        rows = definitions.list_latest(session, g.actor)
    return render_template("definitions.html", definitions=rows, in_words=inboxes.in_words)


@pages.get("/<definition_id>")
@needs(Act.SEE_DEFINITIONS)
def show(definition_id: str) -> ResponseReturnValue:
    with store().reading() as session:
        definition = definitions.get(session, definition_id)
        diagram = definitions.diagram(session, definition_id)
        versions = definitions.versions(session, definition.key, g.actor)
        tables = readable(definitions.decisions(session, definition_id))
    return render_template(
        "definition.html", definition=definition, svg=Markup(draw(diagram, language=language())), versions=versions, tables=tables
    )
