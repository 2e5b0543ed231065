"""The clauses of the standard for everyone: which diagrams serve each of them, and how many cases run by these diagrams."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from engine.core.bpmn.drawing import draw
from engine.core.clauses import Coverage, named
from engine.verbs import clauses, definitions, inboxes
from engine.verbs.errors import NotFound
from webapp.database import store
from webapp.security import signed_in
from webapp.texts import language

pages = Blueprint("clause_pages", __name__, url_prefix="/clauses")


@dataclass(frozen=True)
class Server:
    """A process that serves a clause. `elements` are their names; empty: the process as a whole."""

    key: str
    name: str
    elements: tuple[str, ...]
    running: int
    finished: int


@pages.get("")
@signed_in
def show_all() -> ResponseReturnValue:
    with store().reading() as session:
        found = clauses.overview(session, g.actor)
    rows = [(coverage.clause, list(_servers(coverage, found))) for coverage in found.coverage]
    return render_template(
        "clauses.html", rows=rows, served=sum(bool(servers) for _, servers in rows), counted=inboxes.MOST if found.is_cut else None
    )


@pages.get("/processes/<key>")
@signed_in
def picture(key: str) -> ResponseReturnValue:
    """The newest diagram of a process; with `clause`, the elements that serve it are marked."""
    wanted = request.args.get("clause", "")[:40]
    with store().reading() as session:
        definition = definitions.latest(session, key)
        diagram = definitions.diagram(session, definition.id)
        registered = clauses.registered(session)
    marks = {
        node.id: "active"
        for process in diagram.processes
        for node in process.nodes.values()
        if wanted in named(node.properties)
    }
    clause = next((clause for clause in registered if clause.id == wanted), None)
    if wanted and clause is None:
        raise NotFound("clause", wanted)
    elements = [node.name or node.id for process in diagram.processes for node in process.nodes.values() if node.id in marks]
    svg = Markup(draw(diagram, marks=marks, language=language()))
    return render_template("clause_picture.html", definition=definition, clause=clause, elements=elements, svg=svg)


def _servers(coverage: Coverage, found: clauses.Overview) -> list[Server]:
    elements: dict[str, list[str]] = {}
    for carrier in coverage.carriers:
        own = elements.setdefault(carrier.process.id, [])
        if carrier.element is not None:
            own.append(carrier.name)
    servers = []
    for key, names in elements.items():
        counts = found.counts.get(key, clauses.Counts())
        servers.append(Server(key, found.definitions[key].name, tuple(dict.fromkeys(names)), counts.running, counts.finished))
    return servers
