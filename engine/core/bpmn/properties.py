"""Our own facts in `zeebe:properties` ("Extension properties" in the stock tools): one table of names.

Process owners write them in the properties panel; the checks judge them by this table, and the page for owners is written from it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from engine.core.bpmn.model import ACTIVITIES, Kind
from engine.texts import text

Syntax = Literal["clauses", "limit", "stop", "feel", "numbering", "groups", "form", "text", "name", "duration", "catch_up", "audience"]

ANYWHERE = frozenset(kind.value for kind in Kind)
_ACTIVITIES = frozenset(kind.value for kind in ACTIVITIES)
_DOING = _ACTIVITIES | {Kind.INTERMEDIATE_THROW_EVENT.value, Kind.END_EVENT.value}
_WAITING = frozenset(
    {Kind.START_EVENT.value, Kind.INTERMEDIATE_CATCH_EVENT.value, Kind.BOUNDARY_EVENT.value, Kind.RECEIVE_TASK.value}
)
_TIMERS = frozenset({Kind.START_EVENT.value, Kind.BOUNDARY_EVENT.value})
_PROCESS = frozenset({Kind.PROCESS.value})
_NUMBERING = re.compile(r"(?:[^{}]|\{(?:yyyy|yy|mm|dd|seq:[1-9])\})+")


@dataclass(frozen=True)
class Property:
    """One name: where it may stand, how its value is written. Its meaning stands in the catalogue under `bpmn.property.<name>`."""

    name: str
    places: frozenset[str]  # local XML names, or "process"
    syntax: Syntax
    example: str


_ROWS = (
    Property("clause", ANYWHERE, "clauses", "5.3.3 7.2.1a"),
    Property("limit", _ACTIVITIES, "limit", "5 workdays"),
    Property("clock", _ACTIVITIES, "stop", "stop"),
    Property("extend", _DOING, "limit", "=string(granted_days) + \" workdays\""),
    Property("catchUp", _TIMERS, "catch_up", "all"),
    Property("opinion", ANYWHERE - _PROCESS, "name", "handling_opinion"),
    Property("action", _WAITING, "text", "撤回诉求"),
    Property("actionForm", _WAITING, "form", "appeal_withdrawal"),
    Property("actionGroups", _WAITING, "groups", "enterprise, supervisor"),
    Property("businessKey", _PROCESS, "feel", "=case_number"),
    Property("title", _PROCESS, "feel", "=enterprise.name + \"：\" + appeal.title"),
    Property("enterprise", _PROCESS, "feel", "=enterprise.uscc"),
    Property("numbering", _PROCESS, "numbering", "SQ{yyyy}{seq:5}"),
    Property("candidateStarterGroups", _PROCESS, "groups", "window, hotline"),
    Property("startForm", _PROCESS, "form", "file_appeal"),
    Property("prefill", _PROCESS, "feel", "={contact_name: enterprise.contact, contact_phone: enterprise.phone}"),
    Property("category", _PROCESS, "text", "诉求办理"),
    Property("icon", _PROCESS, "text", "megaphone"),
    Property("timeToLive", _PROCESS, "duration", "P10Y"),
    Property("audience", _PROCESS, "audience", "enterprise"),
    Property("ending", _PROCESS, "text", "按期完成的内部工作，不设终止。"),
)
PROPERTIES: Mapping[str, Property] = {row.name: row for row in _ROWS}


def is_numbering(text: str) -> bool:
    """A pattern of a business key: free text with `{yyyy}` `{yy}` `{mm}` `{dd}` and exactly one running number `{seq:5}`."""
    return _NUMBERING.fullmatch(text) is not None and text.count("{seq:") == 1


def document(language: str = "zh") -> str:
    """The page for process owners, in Markdown."""

    def say(key: str) -> str:
        return text(f"bpmn.page.{key}", language)

    lines = [f"# {say('properties_title')}", "", say("properties_intro"), ""]
    lines.append(f"| {say('name')} | {say('where')} | {say('syntax')} | {say('example')} | {say('meaning')} |")
    lines.append("|---|---|---|---|---|")
    for row in PROPERTIES.values():
        cells = (
            f"`{row.name}`",
            text(f"bpmn.where.{where(row)}", language),
            text(f"bpmn.syntax.{row.syntax}", language),
            f"`{row.example}`",
            text(f"bpmn.property.{row.name}", language),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def where(row: Property) -> str:
    """The key of the words for `row.places`."""
    names = {
        ANYWHERE: "anywhere", ANYWHERE - _PROCESS: "nodes", _ACTIVITIES: "activities", _DOING: "doing", _WAITING: "waiting",
        _TIMERS: "timers", _PROCESS: "process",
    }  # fmt: skip
    return names[row.places]
