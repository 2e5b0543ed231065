"""Filled-in forms as browsers post them: the fields as typed, the uploads stored first, row buttons followed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from flask import g, request
from sqlalchemy.orm import Session

from engine.core.forms.actions import act
from engine.core.forms.model import FieldError
from engine.core.forms.sources import KEPT, seeks
from engine.verbs import attachments
from engine.verbs.errors import EngineError, ReasonMissing
from webapp.clock import now
from webapp.database import store

Raw = dict[str, list[str]]

LONGEST_REASON = 1_000  # characters


@dataclass(frozen=True)
class Posted:
    """`raw`: every field as typed. `submitted`: False when a button only asked to draw the form anew.

    `refused`: by field name, why an upload was not taken.
    """

    raw: Raw
    submitted: bool
    refused: dict[str, FieldError] = field(default_factory=dict)


def reason() -> str:
    """Why a person decides something that stays on record. Raises ReasonMissing."""
    given = request.form.get("reason", "").strip()[:LONGEST_REASON]
    if not given:
        raise ReasonMissing
    return given


def received(
    require: Callable[[Session], object] | None = None, *, task_id: str | None = None, request_key: str | None = None
) -> Posted:  # fmt: skip
    """`posted`, before the transaction that acts on it: files that have come are kept whatever becomes of that one.

    `require` raises for a person who may not do what the files are for, before any is kept; whose a task is, `attachments` asks itself.
    """
    if not any(file.filename for file in request.files.values()):
        return posted(None, task_id=task_id, request_key=request_key)
    if "received" not in g:
        # Not the request's own `writing`: what this has kept is remembered, so the view may still be run again.
        with store().writing() as session:
            if require is not None:
                require(session)
            sent = posted(session, task_id=task_id, request_key=request_key)
        g.received = sent
    return g.received


def posted(session: Session | None, *, task_id: str | None = None, request_key: str | None = None) -> Posted:
    """What came with this request; its uploads are stored for the task or the start they belong to. No session: there are none."""
    raw = request.form.to_dict(flat=False)
    refused: dict[str, FieldError] = {}
    for name, files in request.files.to_dict(flat=False).items():
        for file in files:
            if not file.filename or session is None:
                continue
            file.seek(0)  # it has been read before if the view is run again
            try:
                stored = attachments.store(
                    session, file.read(), file.filename, g.actor, now(), task_id=task_id, request_key=request_key
                )
                raw.setdefault(name, []).append(stored.id)
            except EngineError as error:
                refused[name] = FieldError(f"error.{error.code}", error.facts)
    acted = act(raw)
    submitted = acted is None and "_update" not in raw and not refused and not seeks(raw)
    return Posted(_fields(raw if acted is None else acted), submitted, refused)


def typed() -> Raw:
    """The fields as typed, with nothing stored or followed: a draft."""
    return _fields(request.form.to_dict(flat=False))


def _fields(raw: Raw) -> Raw:
    """Without the controls of the page around the form."""
    return {name: texts for name, texts in raw.items() if name.startswith(KEPT) or not (name.startswith("_") or name == "csrf_token")}
