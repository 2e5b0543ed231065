"""Forms as people meet them: with the variables, lists, drafts and files that belong to them; and what they submit, judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.core.forms.model import Attachment, FieldError, Form
from engine.core.forms.submission import NAMES, SIZE, Submission, submit, submit_json
from engine.core.forms.view import view
from engine.core.runtime.step import Json, State, Variables
from engine.tables.people import Enterprise
from engine.tables.tasks import Draft
from engine.verbs import items, stepping
from engine.verbs.access import Actor, visible_enterprises
from engine.verbs.errors import EngineError, FormInvalid
from engine.verbs.sources import with_sources

Raw = Mapping[str, list[str]]  # field name → texts, as a browser sends them


class DraftTooLarge(EngineError):
    """`limit` in characters."""

    code = "draft_too_large"


@dataclass(frozen=True)
class TaskForm:
    """A form ready to be shown or judged. `draft`: what the actor typed and did not submit, saved at `saved_at`.

    `form` is None where there is nothing to fill in. `variables` hold the lists of `sources` too.
    """

    form: Form | None
    variables: Variables = field(default_factory=dict)
    draft: Raw | None = None
    saved_at: datetime | None = None
    attachments: Mapping[str, Attachment] = field(default_factory=dict)


def seen(session: Session, instance_id: str, scope: str) -> Variables:
    """The variables that an activation sees; those of the whole instance once it is over. Locks nothing. Raises NotFound."""
    state = cast(State, stepping.load(session, instance_id, lock=False, reach=scope).state)
    if all(token[0] != scope for token in state.tokens):
        return dict(state.variables.get(instance_id, {}))
    return items.seen(session, state, scope)


def filled(
    session: Session, form: Form | None, variables: Variables, actor: Actor, subject: str, attachments: Mapping[str, Attachment]
) -> TaskForm:
    """A form with everything around it; `subject` is what the actor's draft is kept under."""
    if form is None:
        return TaskForm(None, variables)
    draft, saved_at = load_draft(session, subject, actor) or (None, None)
    return TaskForm(form, with_sources(session, form, variables, actor), draft, saved_at, attachments)


def files_shown(shown: TaskForm, now: datetime) -> frozenset[str]:
    """Ids of the files that the form shows to whoever may see it: those of hidden fields are not among them."""
    if shown.form is None:
        return frozenset()
    drawn = view(shown.form, shown.variables, now=now, read_only=True, attachments=shown.attachments)
    return frozenset(file.id for part in drawn.walk() for file in part.files)


def judged(session: Session, shown: TaskForm, raw: Raw, actor: Actor, now: datetime) -> Variables:
    """The values of a submitted page. Raises FormInvalid with every field at fault."""
    if shown.form is None:
        return {}
    found = submit(shown.form, raw, shown.variables, now=now, attachments=shown.attachments)
    return _accepted(session, shown, found, actor)


def judged_json(session: Session, shown: TaskForm, given: Mapping[str, Json], actor: Actor, now: datetime) -> Variables:
    """The values that a program submits, held to the same form. Raises FormInvalid."""
    if shown.form is None and not given:
        return {}
    # Without a form a task takes no values: nobody has said which variables it may set.
    form = shown.form or Form("", "", ())
    found = submit_json(form, given, shown.variables, now=now, attachments=shown.attachments)
    return _accepted(session, TaskForm(form, shown.variables), found, actor)


def _accepted(session: Session, shown: TaskForm, found: Submission, actor: Actor) -> Variables:
    if found.errors:
        raise FormInvalid(found, shown.form)
    chosen = found.values.get("enterprise_id")
    if chosen is not None and chosen != shown.variables.get("enterprise_id"):
        # Whose case it is decides who sees it, so it is no field like others: only one's own enterprises may be chosen.
        own = select(exists().where(Enterprise.id == chosen, visible_enterprises(actor)))
        if not isinstance(chosen, str) or not session.scalar(own):
            error = FieldError("form.not_a_choice", {"label": "enterprise_id", "value": str(chosen)[:40]})
            raise FormInvalid(Submission(errors={"enterprise_id": error}), shown.form)
    return found.values


def save_draft(session: Session, subject: str, raw: Raw, actor: Actor, now: datetime) -> datetime:
    """Keep what was typed, unjudged and exactly; the moment. Raises DraftTooLarge."""
    size = sum(len(name) + sum(map(len, texts)) for name, texts in raw.items())
    if size > SIZE or sum(map(len, raw.values())) > NAMES:
        raise DraftTooLarge(limit=SIZE)
    values = {"raw": {name: list(texts) for name, texts in raw.items()}, "saved_at": now}
    upsert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(
        upsert(Draft)
        .values(subject=subject, person_id=actor.id, **values)
        .on_conflict_do_update(index_elements=["subject", "person_id"], set_=values)
    )
    return now


def load_draft(session: Session, subject: str, actor: Actor) -> tuple[Raw, datetime] | None:
    """The actor's own draft, and when it was saved."""
    query = select(Draft.raw, Draft.saved_at).where(Draft.subject == subject, Draft.person_id == actor.id)
    found = session.execute(query).one_or_none()
    return (found.raw, found.saved_at) if found else None


def drop_draft(session: Session, subject: str, actor: Actor) -> None:
    session.execute(delete(Draft).where(Draft.subject == subject, Draft.person_id == actor.id))
