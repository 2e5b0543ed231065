"""Accounts for the administrator: who there is, who they are, what opens to them; close, reopen, hand over a password."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Row
from sqlalchemy.orm import Session

from engine.verbs import departments, people, records, tasks
from engine.verbs.access import SYSTEM, Act, Kind
from engine.verbs.errors import EngineError
from webapp.clock import now
from webapp.database import store, writing
from webapp.error_pages import sentence
from webapp.inbox import page_number
from webapp.security import needs
from webapp.texts import t

pages = Blueprint("people_pages", __name__, url_prefix="/people")
SHOWN = 30  # people on a page
KINDS = tuple(kind for kind in Kind if kind is not Kind.SYSTEM)
FIELDS = ("name", "kind", "department_id", "enterprise", "zone_id", "position", "phone", "email", "groups")
LONGEST = 200  # characters of a field


@pages.get("")
@needs(Act.MANAGE_PEOPLE)
def show_all() -> ResponseReturnValue:
    query, kind = request.args.get("q", "").strip()[:100], request.args.get("kind", "")
    chosen = Kind(kind) if kind in KINDS else None
    with store().reading() as session:
        page = tasks.page(session, people.list_people(g.actor, query=query, kind=chosen), page_number(), SHOWN)
    return render_template(
        "people.html", page=page, query=query, chosen=chosen, kinds=KINDS, moment=now(),
        address=lambda number: url_for(".show_all", q=query or None, kind=chosen, page=number),
    )  # fmt: skip


@pages.get("/new")
@needs(Act.MANAGE_PEOPLE)
def begin() -> ResponseReturnValue:
    return _form(None, dict.fromkeys((*FIELDS, "username"), ""))


@pages.post("/new")
@needs(Act.MANAGE_PEOPLE)
def create() -> ResponseReturnValue:
    """A new account and its first password, which is shown once."""
    given = _given("username")
    try:
        with writing() as session:
            facts = _facts(session, given)
            person_id = people.create(session, username=given["username"], password=None, actor=g.actor, now=now(), **facts)
            password = people.issue_password(session, person_id, g.actor, now())
    except EngineError as refusal:
        return _form(None, given, sentence(refusal)), 422
    return _handed_over(person_id, password)


@pages.get("/<person_id>")
@needs(Act.MANAGE_PEOPLE)
def show(person_id: str) -> ResponseReturnValue:
    with store().reading() as session:
        person = people.get(session, person_id, g.actor)
        groups = people.groups_of(session, person_id, g.actor)
        uscc = records.enterprise(session, person.enterprise_id, SYSTEM).uscc if person.enterprise_id else ""
    return _form(person, {**{name: getattr(person, name, None) or "" for name in FIELDS}, "enterprise": uscc, "groups": "，".join(groups)})


@pages.post("/<person_id>")
@needs(Act.MANAGE_PEOPLE)
def save(person_id: str) -> ResponseReturnValue:
    given = _given()
    try:
        with writing() as session:
            changed = people.change(session, person_id, actor=g.actor, now=now(), **_facts(session, given))
    except (people.PersonInvalid, people.GroupReserved, people.OwnAccount, records.EnterpriseUnknown) as refusal:
        with store().reading() as session:
            person = people.get(session, person_id, g.actor)
        return _form(person, given, sentence(refusal)), 422
    flash(t("people.saved" if changed else "people.nothing_changed"), "ok")
    return redirect(url_for(".show", person_id=person_id), 303)


@pages.post("/<person_id>/password")
@needs(Act.MANAGE_PEOPLE)
def issue_password(person_id: str) -> ResponseReturnValue:
    with writing() as session:
        password = people.issue_password(session, person_id, g.actor, now())
    return _handed_over(person_id, password)


@pages.post("/<person_id>/active")
@needs(Act.MANAGE_PEOPLE)
def set_active(person_id: str) -> ResponseReturnValue:
    active = request.form.get("active") == "yes"
    try:
        with writing() as session:
            people.set_active(session, person_id, active, g.actor, now())
            released = 0 if active else tasks.release_all(session, person_id, g.actor, now())
    except people.OwnAccount as refusal:
        flash(sentence(refusal), "late")
    else:
        flash(t("people.reopened") if active else t("people.closed", n=released), "ok")
    return redirect(url_for(".show", person_id=person_id), 303)


@pages.post("/<person_id>/unlock")
@needs(Act.MANAGE_PEOPLE)
def unlock(person_id: str) -> ResponseReturnValue:
    with writing() as session:
        people.unlock(session, person_id, g.actor, now())
    flash(t("people.unlocked"), "ok")
    return redirect(url_for(".show", person_id=person_id), 303)


# ------------------------------------------------------------------------------------------------------------ small change


def _given(*more: str) -> dict[str, str]:
    return {name: request.form.get(name, "").strip()[:LONGEST] for name in (*FIELDS, *more)}


def _facts(session: Session, given: dict[str, str]) -> dict[str, Any]:
    """What was typed as facts of a person: only the place that belongs to the kind counts. Raises EnterpriseUnknown."""
    kind = given["kind"]
    enterprise = given["enterprise"] if kind == Kind.ENTERPRISE else ""
    return {
        "name": given["name"], "kind": kind,
        "enterprise_id": records.enterprise_by_uscc(session, enterprise) if enterprise else None,
        "department_id": given["department_id"] or None if kind == Kind.DEPARTMENT else None,
        "zone_id": given["zone_id"] or None if kind != Kind.ENTERPRISE else None,
        **{name: given[name] or None for name in ("position", "phone", "email")},
        "groups": [word.strip() for word in given["groups"].replace("，", ",").replace("、", ",").split(",") if word.strip()],
    }  # fmt: skip


def _form(person: Row[Any] | None, given: dict[str, str], refusal: str = "") -> str:
    with store().reading() as session:
        zones, offices = records.zones(session), departments.departments(session)
    is_locked = person is not None and person.locked_until is not None and person.locked_until > now()
    return render_template(
        "person.html", person=person, given=given, refusal=refusal, kinds=KINDS, zones=zones, departments=offices, is_locked=is_locked
    )


def _handed_over(person_id: str, password: str) -> str:
    """The only page that ever shows a password."""
    with store().reading() as session:
        person = people.get(session, person_id, g.actor)
    return render_template("person_password.html", person=person, password=password)
