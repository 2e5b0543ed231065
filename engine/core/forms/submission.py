"""What a person or a program submits, judged against the form: JSON-ready values, or an error for each field at fault.

Nothing is taken on trust: names the form does not have, values for fields that are read-only or hidden, choices that are not
offered are refused. What comes out holds every visible field, `null` where nothing was filled in, so that later steps can rely
on the name; an object variable keeps the members that the form does not show.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.core.forms import rules, values
from engine.core.forms.filling import Filling, Instance, put
from engine.core.forms.model import Attachment, FieldError, Form, Invalid, Json
from engine.core.forms.settling import fill, initial
from engine.core.forms.sources import ABSENT, JsonSource, RawSource, Source

SIZE = 1_000_000  # characters of one submission
NAMES = 5_000
DEPTH = 60  # of nested JSON
UNKNOWN = 20  # unknown names reported one by one


@dataclass(frozen=True)
class Submission:
    """`values` by variable name, to be used only if `errors` (by HTML name) is empty."""

    values: dict[str, Json] = field(default_factory=dict)
    errors: dict[str, FieldError] = field(default_factory=dict)


def submit(
    form: Form,
    raw: Mapping[str, list[str]],
    variables: Mapping[str, Json],
    *,
    now: datetime,
    attachments: Mapping[str, Attachment] | None = None,
) -> Submission:
    """A submitted page: `raw` holds the texts under each name, as the browser sent them."""
    size = sum(len(name) + sum(map(len, texts)) for name, texts in raw.items())
    if size > SIZE or sum(map(len, raw.values())) > NAMES:
        return Submission(errors={"": FieldError("form.too_much", {"limit": SIZE})})
    return _submit(form, RawSource(raw), variables, now, attachments)


def submit_json(
    form: Form,
    given: Mapping[str, Json],
    variables: Mapping[str, Json],
    *,
    now: datetime,
    attachments: Mapping[str, Attachment] | None = None,
) -> Submission:
    """The values of a program, nested as the form's keys and paths. Left out: the variable's value stays, else the default."""
    try:
        size = len(json.dumps(given, ensure_ascii=False, allow_nan=False))
    except (ValueError, TypeError, RecursionError):
        return Submission(errors={"": FieldError("form.not_json")})
    if _deeper_than(DEPTH, given):
        return Submission(errors={"": FieldError("form.not_json")})
    if size > SIZE:
        return Submission(errors={"": FieldError("form.too_much", {"limit": SIZE})})
    return _submit(form, JsonSource(given), variables, now, attachments)


def _submit(
    form: Form, source: Source, variables: Mapping[str, Json], now: datetime, attachments: Mapping[str, Attachment] | None
) -> Submission:
    filling = fill(form, variables, source, now=now, attachments=attachments)
    errors = judge(filling, source)
    unknown = source.unknown()
    for name in unknown[:UNKNOWN]:
        errors.setdefault(name[:100], FieldError("form.unknown_field", {"name": name[:100]}))
    return Submission({} if errors else _values(filling, variables), errors)


def judge(filling: Filling, source: Source) -> dict[str, FieldError]:
    """The error of each field at fault, by HTML name, in the order of the form."""
    errors: dict[str, FieldError] = {}
    for instance in filling.walk():
        if error := _judge(instance, source, filling):
            errors[instance.name] = FieldError(error.code, {"label": label_of(instance, filling.now), **error.facts})
    return errors


def label_of(instance: Instance, now: datetime) -> str:
    """What the field is called in a sentence; in a list with the list and the row: `明细 2 · 事项`."""
    label = instance.label(now) or instance.name
    outer = instance.parent
    while outer is not None and not outer.repeats:
        outer = outer.parent
    if outer is None or not instance.place.numbers:
        return label
    return f"{label_of(outer, now)} {instance.place.numbers[-1]} · {label}"


def _deeper_than(limit: int, value: object) -> bool:
    level = [value]
    for _ in range(limit):
        level = [inner for one in level for inner in (one.values() if isinstance(one, Mapping) else one if isinstance(one, list) else ())]
        if not level:
            return False
    return True


def _judge(instance: Instance, source: Source, filling: Filling) -> FieldError | None:
    if instance.repeats:
        return None if instance.hidden else instance.error or _judge_rows(instance)
    if not instance.keyed:
        return None
    if instance.hidden or instance.locked:
        return _judge_untouchable(instance, source)
    if instance.error:
        return instance.error
    try:
        rules.judge(instance.component, instance.value, instance.scope, filling.now)
        if instance.component.kind == "filepicker":
            rules.judge_files(instance.component, instance.value, instance.text("accept", filling.now))
    except Invalid as invalid:
        return invalid.error
    return None


def _judge_rows(instance: Instance) -> FieldError | None:
    least = rules.least_rows(instance.component) if instance.changeable else 0
    return FieldError("form.too_few_rows", {"count": least}) if len(instance.rows) < least else None


def _judge_untouchable(instance: Instance, source: Source) -> FieldError | None:
    """A value for a field that nobody may fill in is refused, unless it says what is there anyway."""
    if instance.given is ABSENT or (instance.hidden and not source.strict):
        return None
    stays: object = instance.value if instance.component.kind == "expression" else initial(instance)
    if stays is ABSENT:
        stays = values.empty(instance.component)
    if source.strict:
        unchanged = instance.given == stays or (instance.given in (None, "", []) and stays in (None, "", [], False))
    else:
        unchanged = _without_marker(instance.given) == list(values.to_texts(instance.component, stays))  # type: ignore[arg-type]
    return None if unchanged else FieldError("form.hidden" if instance.hidden else "form.read_only")


def _without_marker(given: object) -> list[str]:
    return [text for text in given if text] if isinstance(given, list) else []


def _values(filling: Filling, variables: Mapping[str, Json]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for instance in filling.instances:
        _collect(instance, found, variables)
    return found


def _collect(instance: Instance, found: dict[str, Json], before: Mapping[str, Json]) -> None:
    if instance.hidden:
        return
    for inner in instance.children:
        _collect(inner, found, before)
    if instance.repeats:
        rows: list[Json] = []
        for row in instance.rows:
            cells = copy.deepcopy(row.before) if isinstance(row.before, dict) else {}
            for inner in row.instances:
                _collect(inner, cells, cells)
            rows.append(cells)
        _put(instance, found, before, rows)
    elif instance.keyed and not instance.disabled and not (instance.readonly and instance.before is not ABSENT):
        _put(instance, found, before, instance.value)


def _put(instance: Instance, found: dict[str, Json], before: Mapping[str, Json], value: Json) -> None:
    name = instance.local[0]
    if len(instance.local) > 1 and name not in found and isinstance(before.get(name), dict):
        found[name] = copy.deepcopy(before[name])
    put(found, instance.local, copy.deepcopy(value))
