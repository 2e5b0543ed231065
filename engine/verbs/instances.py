"""Process instances as people meet them: lists, one in detail, where its tokens stand, ending it. Moving them is `stepping`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import ColumnElement, Row, Select, false, select, true
from sqlalchemy.orm import Session, aliased

from engine.core.runtime.step import Entry, State, Status, Terminate, Variables
from engine.tables.definitions import ProcessDefinition
from engine.tables.instances import ProcessInstance, Variable
from engine.tables.people import Person
from engine.tables.store import PLAN_ANEW
from engine.tables.tasks import TaskCandidate, UserTask
from engine.verbs import history, ranges, search
from engine.verbs.access import Act, Actor, Kind, may, require_instance, visible_instances
from engine.verbs.actions import Action, action_form, actions, perform_action
from engine.verbs.errors import NotAllowed, NotFound
from engine.verbs.stepping import InstanceFacts, facts, load, start, step

__all__ = [
    "Action", "Call", "Detail", "Filter", "InstanceFacts", "action_form", "actions", "calls", "facts", "get", "list_instances", "marks", "open_tasks",
    "perform_action", "start", "step", "terminate", "variables",
]  # fmt: skip

_COLUMNS = (
    ProcessInstance.id, ProcessInstance.definition_id, ProcessInstance.process_key, ProcessInstance.process_name,
    ProcessInstance.status, ProcessInstance.business_key, ProcessInstance.title, ProcessInstance.enterprise_id,
    ProcessInstance.enterprise_name, ProcessInstance.zone_id, ProcessInstance.started_by, ProcessInstance.started_by_name,
    ProcessInstance.started_at, ProcessInstance.due_at, ProcessInstance.ended_at, ProcessInstance.end_reason,
    ProcessInstance.incident_count.label("incidents"),
)  # fmt: skip


KEPT = 500  # statements that a process remembers


@dataclass(frozen=True)
class Filter:
    """What a list of instances is narrowed to; an empty value does not narrow."""

    process: str = ""  # process key
    status: str = ""
    department: str = ""  # id: a task is open to it
    overdue: bool = False
    incident: bool = False
    query: str = ""  # part of business key, title or enterprise name


def list_instances(actor: Actor, chosen: Filter = Filter(), now: datetime | None = None) -> Select[Any]:
    """Instances the actor may see, newest first: id, process_key, process_name, status, business_key, title, enterprise_name,
    started_at, due_at (of the most urgent open task), ended_at, incidents (how many are open) … `now` is needed for `overdue`.
    """
    return _usual(actor) if chosen == Filter() else _list(actor, chosen, now).execution_options(**{PLAN_ANEW: True})


@lru_cache(maxsize=KEPT)
def _usual(actor: Actor) -> Select[Any]:
    """All of them, built once for a person with these rights; whoever gains or loses one is another Actor."""
    return _list(actor, Filter(), None)


def _list(actor: Actor, chosen: Filter, now: datetime | None) -> Select[Any]:
    words = search.asked(chosen.query)
    conditions = _conditions(chosen, now)
    found = _found(chosen, now, words)
    if words and chosen.incident:  # then it is not the words that the list is entered by
        conditions.append(search.of_instance(ProcessInstance.id, words))
    rows = ranges.cases(actor, conditions, found)
    if rows is None:
        return select(*_COLUMNS).where(false())
    return ranges.listed(rows, _COLUMNS, ProcessInstance, ("started_at", "id"), newest=True)


def _conditions(chosen: Filter, now: datetime | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if chosen.process:
        conditions.append(ProcessInstance.process_key == chosen.process)
    if chosen.status:
        conditions.append(ProcessInstance.status == chosen.status)
    if chosen.incident:
        conditions.append(ProcessInstance.incident_count > 0)
    if chosen.overdue:
        conditions.append(ProcessInstance.due_at < now)
    if chosen.department:
        conditions.append(_open_to(f"dept:{chosen.department}"))
    return conditions


def _found(chosen: Filter, now: datetime | None, words: str) -> ranges.Found | None:
    """Of the conditions and the words, the one that is likely to leave the fewest, along its index."""
    rows = select(ProcessInstance.id.label("instance_id"), ProcessInstance.started_at)
    if chosen.incident:
        rows = rows.where(ProcessInstance.incident_count > 0)
    elif words:
        return ranges.found_by(words)
    elif chosen.department:
        rows = _offers_to(f"dept:{chosen.department}")
    elif chosen.overdue:
        rows = rows.where(ProcessInstance.due_at < now)
    elif chosen.process or chosen.status not in ("", Status.ACTIVE):  # which never are few
        rows = rows.where(*_conditions(Filter(process=chosen.process, status=chosen.status), now))
    else:
        return None
    return ranges.Found(search.limited(rows), lambda instance_id: true())  # the list has the condition besides


def _offers_to(group: str, candidate: Any = TaskCandidate) -> Select[Any]:
    """Open ones: instance_id, started_at."""
    found = select(candidate.instance_id, candidate.started_at)
    return found.where(candidate.kind == "group", candidate.value == group, candidate.is_open)


def _open_to(group: str) -> ColumnElement[bool]:
    """Over ProcessInstance: a task of it is open to the group."""
    candidate = aliased(TaskCandidate)
    own = (candidate.started_at == ProcessInstance.started_at) & (candidate.instance_id == ProcessInstance.id)
    return _offers_to(group, candidate).where(own).exists()


@dataclass(frozen=True)
class Detail:
    """One instance with its open tasks (id, name, node, assignee, assignee_name, due_at, created_at)."""

    row: Row[Any]
    version: int
    tasks: list[Row[Any]]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "row":
            raise AttributeError(name)
        return getattr(self.row, name)


def get(session: Session, instance_id: str, actor: Actor) -> Detail:
    """Raises NotFound, also for an instance the actor may not see."""
    query = select(*_COLUMNS, ProcessDefinition.version).join(ProcessDefinition, ProcessDefinition.id == ProcessInstance.definition_id)
    row = session.execute(query.where(ProcessInstance.id == instance_id, visible_instances(actor))).first()
    if row is None:
        raise NotFound("instance", instance_id)
    return Detail(row, row.version, open_tasks(session, [instance_id]).get(instance_id, []))


def open_tasks(session: Session, instance_ids: Iterable[str]) -> dict[str, list[Row[Any]]]:
    """The open tasks of instances that the caller may see, most urgent first, by instance: one statement for a page."""
    query = (
        select(
            UserTask.id, UserTask.instance_id, UserTask.name, UserTask.node, UserTask.assignee, Person.name.label("assignee_name"),
            UserTask.due_at, UserTask.created_at,
        )
        .outerjoin(Person, Person.id == UserTask.assignee)
        .where(UserTask.instance_id.in_(list(instance_ids)), UserTask.closed_at.is_(None))
        .order_by(UserTask.urgent_at, UserTask.created_at)
    )  # fmt: skip
    found: dict[str, list[Row[Any]]] = {}
    for row in session.execute(query):
        found.setdefault(row.instance_id, []).append(row)
    return found


def marks(
    session: Session, instance_id: str, definition_id: str | None = None, activation: str | None = None
) -> tuple[dict[str, str], dict[str, int]]:
    """How to colour a diagram: node or flow id → `active`, `done`, `incident` or `cancelled`; node id → number of live tokens,
    of a repeated activity the items that are there.

    `definition_id` chooses a called process's diagram instead of the instance's own; `activation`, such as a user task's id, chooses
    of several calls the one that it belongs to. Who may see the instance is the caller's question.
    """
    state = cast(State, load(session, instance_id, lock=False).state)
    definition_id = definition_id or state.definition_id
    entries = list(history.entries(session, instance_id, definition_id))
    bodies = _bodies(entries)
    body = bodies.get(activation or (instance_id if definition_id == state.definition_id else ""))
    found = _past_marks(entry for entry in entries if body in (None, bodies.get(entry.activation or entry.scope or "")))
    counts: dict[str, int] = {}
    for node, phase, holds_items in _live_nodes(state, definition_id, body):
        counts[node] = counts.get(node, 0) + (not holds_items)
        if found.get(node) != "incident":
            found[node] = "incident" if phase == "incident" else "active"
    return found, counts


@dataclass(frozen=True)
class Call:
    """A process that was called within an instance: its activation id and definition, and the call activity as it is named.

    `item`: which of the items, where the call activity is a multi-instance. `name` is the process's, `node_name` the call activity's.
    """

    id: str
    definition_id: str
    name: str
    node_name: str
    item: int | None
    is_running: bool


def calls(session: Session, instance_id: str) -> list[Call]:
    """Every process called, those that are running first, else in the order of the calls. Who may see it is the caller's question."""
    around: dict[str, tuple[str, int | None]] = {}
    found: dict[str, Call] = {}
    for entry in history.entries(session, instance_id):
        if entry.activation is None:
            continue
        if entry.kind == "activated" and entry.node_kind == "process":
            node_name, item = around.get(entry.scope or "", ("", None))
            name = entry.node_name or entry.node or ""
            found[entry.activation] = Call(entry.activation, entry.definition_id, name, node_name, item, is_running=True)
        elif entry.kind == "activated" and entry.node_kind == "callActivity":
            around[entry.activation] = entry.node_name or entry.node or "", cast("int | None", entry.facts.get("loopCounter"))
        elif entry.kind in ("completed", "cancelled") and entry.activation in found:
            found[entry.activation] = replace(found[entry.activation], is_running=False)
    return sorted(found.values(), key=lambda call: not call.is_running)


def _bodies(entries: Iterable[Entry]) -> dict[str, str]:
    """Activation id → id of the process's activation that it is in: the instance itself, or one call of a process."""
    found: dict[str, str] = {}
    for entry in entries:
        if entry.kind in ("instance_started", "activated") and entry.activation is not None:
            is_process = entry.node_kind == "process"
            found[entry.activation] = entry.activation if is_process else found.get(entry.scope or "", entry.scope or "")
    return found


def _past_marks(entries: Iterable[Entry]) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in entries:
        if entry.node is not None and (entry.kind in ("completed", "flow_taken") or entry.kind == "cancelled" and entry.node not in found):
            found[entry.node] = "cancelled" if entry.kind == "cancelled" else "done"
    return found


def _live_nodes(state: State, definition_id: str, body: str | None) -> Iterable[tuple[str, str, bool]]:
    """(node id, phase, whether it only holds its items) of the tokens in one definition's diagram, or in one call of it.

    A token without a node is a process's own; it names its definition where that is not the caller's.
    """
    places: dict[str, tuple[str, str]] = {}  # activation id → the process's activation that it is in, and its definition
    rows = cast("list[list[Any]]", state.tokens)
    items = {(parent, node) for _, parent, _, node, _, facts in rows if "item" in facts}
    for id_, parent, definition, node, phase, _ in rows:
        around, callers = places.get(parent, (state.instance_id, state.definition_id))
        places[id_] = (id_ if node is None else around, definition or callers)
        if node is not None and places[id_][1] == definition_id and body in (None, places[id_][0]):
            yield node, phase, (id_, node) in items


def variables(session: Session, instance_id: str, actor: Actor) -> dict[str, Variables]:
    """Scope → name → value; the root scope's id is the instance id. For staff. Raises NotFound, NotAllowed."""
    require_instance(session, actor, instance_id)
    if actor.kind is Kind.ENTERPRISE:
        raise NotAllowed("supervise")
    found = cast(State, load(session, instance_id, lock=False).state).variables
    return {scope: dict(sorted(found[scope].items())) for scope in sorted(found)}


def root_variables(session: Session, instance_id: str, names: Iterable[str], actor: Actor) -> Variables:
    """Some variables of the instance itself, for whoever may see it. Raises NotFound."""
    require_instance(session, actor, instance_id)
    named = (Variable.instance_id == instance_id) & (Variable.scope == instance_id) & Variable.name.in_(list(names))
    return dict(session.execute(select(Variable.name, Variable.value).where(named)).all())  # type: ignore[arg-type]


def terminate(session: Session, instance_id: str, reason: str, actor: Actor, now: datetime) -> InstanceFacts:
    """End a running instance for a reason that stays on record. Raises NotFound, NotAllowed, StimulusRefused."""
    require_instance(session, actor, instance_id)
    if not may(actor, Act.TERMINATE):
        raise NotAllowed("terminate")
    return step(session, instance_id, Terminate(reason.strip()), actor, now)
