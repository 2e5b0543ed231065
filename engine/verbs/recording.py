"""What a diagram writes into the business records: the file of the enterprise whose case it is, and who serves that enterprise.

Which fields there are stands in `service_types`. The same values again change nothing, so a task that runs twice does no harm. Every
change is a line of the record's `system` stream with the case it came from; values that concern a person are not repeated in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine.core.runtime.step import Json, Variables
from engine.tables.people import CadreAssignment, Enterprise
from engine.verbs import history, records
from engine.verbs.access import SYSTEM, in_force
from engine.verbs.errors import EngineError, NotFound
from engine.verbs.service_types import ATTRIBUTES, COLUMNS, RECORDS

LONGEST = 500  # characters of a field


class FieldRefused(EngineError):
    """`field`, `record`: what a diagram may not write, or not with such a value."""

    code = "record_field_refused"


def record(session: Session, what: str, enterprise_id: str, values: Variables, now: datetime, *, instance_id: str) -> list[str]:
    """Write these fields of a record; the names of those that changed. What is null stays as it was.

    Raises FieldRefused, NotFound.
    """
    for name, value in values.items():
        if name not in RECORDS.get(what, ()) or isinstance(value, list | dict) or len(str(value)) > LONGEST:
            raise FieldRefused(field=name, record=what)
    given = {name: value for name, value in values.items() if value is not None}
    return _WRITERS[what](session, enterprise_id, given, now, instance_id)


def _enterprise(session: Session, enterprise_id: str, given: Variables, now: datetime, instance_id: str) -> list[str]:
    query = select(Enterprise.contact, Enterprise.phone, Enterprise.address, Enterprise.attributes)
    row = session.execute(query.where(Enterprise.id == enterprise_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound("enterprise", enterprise_id)
    columns = {name: str(given[name]) for name in COLUMNS if name in given and given[name] != getattr(row, name)}
    attributes = {name: given[name] for name in ATTRIBUTES if name in given and given[name] != row.attributes.get(name)}
    if columns or attributes:
        values: dict[str, object] = {**columns, "attributes": {**row.attributes, **attributes}}
        session.execute(update(Enterprise).where(Enterprise.id == enterprise_id).values(**values))
        facts = {"enterprise": enterprise_id, "instance": instance_id, "changed": sorted({*columns, *attributes}), "attributes": attributes}
        history.append(session, history.SYSTEM_STREAM, [history.entry("enterprise_recorded", now, **facts)], SYSTEM, now)
    return sorted({*columns, *attributes})


def _cadre(session: Session, enterprise_id: str, given: Mapping[str, Json], now: datetime, instance_id: str) -> list[str]:
    """The enterprise is served by this person from now on, and by nobody else."""
    person = given.get("person")
    if person is None:
        return []
    return ["person"] if records.entrust(session, enterprise_id, str(person), SYSTEM, now) else []


_WRITERS: Mapping[str, Callable[[Session, str, Variables, datetime, str], list[str]]] = {"enterprise": _enterprise, "cadre": _cadre}
