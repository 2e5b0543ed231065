"""How instances of a process may begin: by people of certain groups, by messages and signals, by timers. Only its latest version does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, cast
from uuid import uuid4

from sqlalchemy import Row, Table, delete, select
from sqlalchemy.orm import Session

from engine import feel
from engine.core.bpmn.model import EventDefinition, Formula, Node, Process
from engine.core.partial_starts import slot_of
from engine.core.problems import Problem, Refused
from engine.core.runtime.formulas import value_of
from engine.core.runtime.kernel import Fault
from engine.core.runtime.subscriptions import catch_up
from engine.core.runtime.timers import Firing, first_firing
from engine.tables.definitions import StartSubscription
from engine.tables.jobs import Job, PartialStart
from engine.verbs.library import Deployed


def starters(process: Process, functions: Mapping[str, object], now: datetime) -> list[str]:
    """The groups that may start it by hand; none unless the diagram names them."""
    formula = process.candidate_starters
    if formula is None:
        return []
    value = _value(formula, functions, now)
    names = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    return sorted({str(name).strip() for name in names} - {""})


def renew(session: Session, definitions: Iterable[tuple[str, Process]], now: datetime) -> None:
    """Move the start subscriptions and start timers of these processes to their new versions, given as (definition id, process).

    A timer that means the same as before keeps its next date: deploying does not put off a yearly review by a year.
    """
    functions = Deployed(session).functions
    for definition_id, process in definitions:
        session.execute(delete(StartSubscription).where(StartSubscription.process_key == process.id))
        _forget_partial(session, process)
        armed = session.execute(select(Job.__table__).where(Job.kind == "timer_start", Job.process_key == process.id))
        before = {(row.node, row.payload.get("wording")): row for row in armed}
        session.execute(delete(Job).where(Job.kind == "timer_start", Job.process_key == process.id))
        for node, event in [(node, event) for node in process.start_events for event in node.events]:
            if event.kind == "timer":
                _arm(session, definition_id, process, node, event, before, functions, now)
            elif event.kind in _SUBSCRIBED:
                name = str(_value(event.name, functions, now)) if event.name is not None else ""
                row = {"id": uuid4().hex, "kind": _SUBSCRIBED[event.kind], "name": name, "process_key": process.id,
                       "definition_id": definition_id, "node": node.id}  # fmt: skip
                session.execute(cast(Table, StartSubscription.__table__).insert(), row)


def _forget_partial(session: Session, process: Process) -> None:
    """What has occurred for a parallel multiple start event goes on waiting for the rest, unless the new version has no such event."""
    kept = {(node.id, slot_of(event)) for node in process.start_events if node.parallel_multiple for event in node.events}
    found = select(PartialStart.node, PartialStart.slot).where(PartialStart.process_key == process.id).distinct()
    for node, slot in session.execute(found).all():
        if (node, slot) not in kept:
            gone = (PartialStart.process_key == process.id, PartialStart.node == node, PartialStart.slot == slot)
            session.execute(delete(PartialStart).where(*gone))


def rearm(session: Session, now: datetime) -> None:
    """Set every start timer anew whose period has come to read differently, as when it stands in a reference table."""
    library = Deployed(session)
    armed = session.scalars(select(Job.definition_id).where(Job.kind == "timer_start").distinct()).all()
    renew(session, [(str(id_), library.process(str(id_))) for id_ in armed], now)


_SUBSCRIBED: Mapping[str, str] = {"message": "message", "signal": "signal", "conditional": "condition"}


def _arm(
    session: Session, definition_id: str, process: Process, node: Node, event: EventDefinition, before: Mapping[tuple[str, Any], Row[Any]],
    functions: Mapping[str, object], now: datetime,
) -> None:  # fmt: skip
    assert event.value is not None and event.timer is not None
    try:
        value = _value(event.value, functions, now, as_json=False)
        firing = first_firing(event.timer, value, event.value.text, now)
    except Fault as fault:
        facts = {"node": node.name or node.id, "expression": event.value.text, "value": fault.facts.get("value")}
        raise Refused([Problem("start_timer_invalid", process.file, node.line, node.id, facts)]) from None
    wording = f"{event.timer} {feel.shown(value)}"
    same = before.get((node.id, wording))
    if same is not None:
        firing = Firing(same.due_at, same.payload["remaining"], same.payload["interval"])
    elif event.timer != "duration" and firing.due_at <= now:
        return  # its day, or all of its days, had passed before it was deployed
    payload = {"wording": wording, "remaining": firing.remaining, "interval": firing.interval, "catch_up": catch_up(node),
               "slot": slot_of(event)}  # fmt: skip
    row = {"id": uuid4().hex, "kind": "timer_start", "definition_id": definition_id, "process_key": process.id, "node": node.id,
           "due_at": firing.due_at, "created_at": now, "payload": payload, "headers": {}, "retries": 3, "attempts": 0}  # fmt: skip
    session.execute(cast(Table, Job.__table__).insert(), row)


def _value(formula: Formula, functions: Mapping[str, object], now: datetime, *, as_json: bool = True) -> Any:
    value = value_of(formula, functions, now)
    return feel.shown(value) if as_json else value
