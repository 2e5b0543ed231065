"""The places a person can go to from every page, by what they may do."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g, request, url_for

from engine.verbs.access import WORKERS, Act, Kind, may
from webapp.texts import t


@dataclass(frozen=True)
class Place:
    """`current` is True on its own pages."""

    label: str
    icon: str
    url: str
    current: bool


def entries() -> list[Place]:
    """The menu of the signed-in person, most used first; at most five, the width of a phone."""
    actor = g.get("actor")
    if actor is None or g.must_change_password:
        return []
    places = []
    if actor.kind is Kind.ENTERPRISE:
        places.append(_place("menu.enterprise", "building", "enterprise_pages.show", "enterprise_pages."))
    if actor.kind in WORKERS:
        places.append(_place("menu.inbox", "inbox", "inbox.show", "inbox.", "task_pages."))
    if may(actor, Act.START) and actor.kind is not Kind.ENTERPRISE:
        places.append(_place("menu.start", "plus", "starting_pages.choose", "starting_pages."))
    if actor.kind not in (Kind.ENTERPRISE, Kind.DESIGNER):
        places.append(_place("menu.instances", "list", "instance_pages.show_all", "instance_pages.", "oversight_pages.", "record_pages."))
    if may(actor, Act.SEE_DEFINITIONS):
        places.append(_place("menu.definitions", "diagram", "definition_pages.show_all", "definition_pages."))
    if may(actor, Act.SET_REFERENCE):
        places.append(_place("menu.reference", "table", "reference_pages.show_all", "reference_pages."))
    if may(actor, Act.MANAGE_PEOPLE):
        places.append(_place("menu.people", "person", "people_pages.show_all", "people_pages."))
    places.append(_place("menu.clauses", "book", "clause_pages.show_all", "clause_pages."))
    return places


def _place(label: str, icon: str, endpoint: str, *prefixes: str) -> Place:
    current = (request.endpoint or "").startswith(prefixes)
    return Place(t(label), icon, url_for(endpoint), current)


def unread() -> int:
    """How many notifications the signed-in person had not read when they asked for the page."""
    return int(g.get("unread", 0))
