"""People: accounts, passwords, candidate groups. Every change of them stands in the record's `system` stream."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any
from uuid import uuid4

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Row, Select, bindparam, delete, exists, insert, or_, select, update
from sqlalchemy.orm import Session

from engine.tables.people import Department, Enterprise, Membership, Person, Zone
from engine.tables.prepared import Prepared
from engine.verbs import history, lockout
from engine.verbs.access import DEPARTMENT, OWN_ENTERPRISE, SERVING_CADRES, Act, Actor, Kind, may, require
from engine.verbs.errors import EngineError, NotFound
from engine.verbs.lockout import SignInRefused
from engine.verbs.search import contains, printable

MINIMUM = 10  # characters of a password
READABLE = "abcdefghjkmnpqrstuvwxyz23456789"  # no letter that looks like another or like a number
COMMON = frozenset({"1234567890", "0123456789", "qwertyuiop", "password12", "password123", "administrator", "zhuqizhuqi"})
# argon2id as OWASP's password storage sheet has it: a sign-in holds SQLite's only write lock, so it must not take long.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


class PasswordWeak(EngineError):
    code = "password_weak"


class PasswordWrong(EngineError):
    """The old password was not right, or was not right too often."""

    code = "password_wrong"


class PasswordSame(EngineError):
    code = "password_same"


class OwnAccount(EngineError):
    """Nobody closes their own account or takes the administration from it: at the end nobody would be left who can."""

    code = "own_account"


class UsernameTaken(EngineError):
    code = "username_taken"


class PersonInvalid(EngineError):
    """`what`: the part that is missing or does not fit."""

    code = "person_invalid"


class GroupReserved(EngineError):
    code = "group_reserved"


# ----------------------------------------------------------------------------------------------------------------- sign-in


def sign_in(session: Session, username: str, password: str, now: datetime) -> str:
    """The person's id. Raises SignInRefused; commit even then, or the failed attempt is not counted.

    An unknown name and a locked account take as long as a wrong password and get the same answer.
    """
    person = session.execute(
        select(Person.id, Person.name, Person.password_hash, Person.is_active, Person.failed_count, Person.locked_until)
        .where(Person.username == normal(username))
        .with_for_update()
    ).one_or_none()  # fmt: skip
    usable = person is not None and person.is_active and person.password_hash is not None
    right = _verify(person.password_hash if usable else _nobody(), password)
    if person is None or not usable or lockout.is_locked(person.locked_until, now):
        raise SignInRefused
    if not right:
        lockout.count_failure(session, person, now)
        raise SignInRefused
    values: dict[str, object] = {"failed_count": 0, "locked_until": None, "signed_in_at": now}
    if _HASHER.check_needs_rehash(person.password_hash):
        values["password_hash"] = _HASHER.hash(password)
    session.execute(update(Person).where(Person.id == person.id).values(values))
    return person.id


def standing(session: Session, person_id: str) -> Any | None:
    """`password_stamp`: what a session must carry to be this person's, new with each password; `password_is_temporary`: whether a
    password of their own has to be set first. None if they may no longer act.
    """
    return STANDING.first(session, person_id=person_id)


STANDING = Prepared(
    select(Person.password_stamp, Person.password_is_temporary).where(Person.id == bindparam("person_id"), Person.is_active)
)


def normal(username: str) -> str:
    """One spelling per account: full-width letters, capitals and spaces around do not matter."""
    return printable(unicodedata.normalize("NFKC", username)).strip().casefold()


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False


@cache
def _nobody() -> str:
    return _HASHER.hash(secrets.token_hex(16))


# ---------------------------------------------------------------------------------------------------------------- accounts


def create(
    session: Session, *, username: str, name: str, kind: Kind | str, password: str | None, actor: Actor, now: datetime,
    enterprise_id: str | None = None, department_id: str | None = None, zone_id: str | None = None, groups: Iterable[str] = (),
    position: str | None = None, phone: str | None = None, email: str | None = None, demonstration: bool = False,
    id: str | None = None,
) -> str:  # fmt: skip
    """A new account; its id. `password` None: nobody can sign in until one is set.

    Raises NotAllowed, PasswordWeak, UsernameTaken, PersonInvalid, GroupReserved, NotFound.
    """
    require(actor, Act.MANAGE_PEOPLE)
    kind, username = _kind(kind), normal(username)
    if not name.strip() or not username:
        raise PersonInvalid(what="name" if username else "username")
    _check_place(session, kind, enterprise_id, department_id, zone_id)
    if session.scalar(select(exists().where(Person.username == username))):
        raise UsernameTaken(username=username)
    person_id = id or uuid4().hex
    session.execute(insert(Person).values(
        id=person_id, username=username, name=name.strip(), kind=kind.value, enterprise_id=enterprise_id,
        department_id=department_id, zone_id=zone_id, position=position, phone=phone, email=email,
        password_hash=_hash(password, username) if password is not None else None, password_stamp=secrets.token_hex(16),
        password_is_temporary=False, failed_count=0, is_active=True, demonstration=demonstration, created_at=now,
    ))  # fmt: skip
    _bind(session, person_id, groups)
    _record(session, "person_created", actor, now, person=person_id, username=username, name=name.strip(), person_kind=kind.value)
    return person_id


def change(
    session: Session, person_id: str, *, name: str, kind: Kind | str, actor: Actor, now: datetime, enterprise_id: str | None = None,
    department_id: str | None = None, zone_id: str | None = None, position: str | None = None, phone: str | None = None,
    email: str | None = None, groups: Iterable[str] = (),
) -> list[str]:  # fmt: skip
    """What is known of a person is now this and nothing else; the names of what that changed.

    Raises NotAllowed, NotFound, PersonInvalid, GroupReserved, OwnAccount (nobody takes the administration from themselves).
    """
    require(actor, Act.MANAGE_PEOPLE)
    before = get(session, person_id, actor)
    kind = _kind(kind)
    if not name.strip():
        raise PersonInvalid(what="name")
    if person_id == actor.id and kind.value != before.kind:
        raise OwnAccount
    _check_place(session, kind, enterprise_id, department_id, zone_id)
    values = {
        "name": name.strip(), "kind": kind.value, "enterprise_id": enterprise_id, "department_id": department_id, "zone_id": zone_id,
        "position": position, "phone": phone, "email": email,
    }  # fmt: skip
    changed = [field for field, value in values.items() if getattr(before, field) != value]
    if changed:
        session.execute(update(Person).where(Person.id == person_id).values(values))
        _record(session, "person_changed", actor, now, person=person_id, changed=changed)
    if sorted(set(groups)) != groups_of(session, person_id, actor):
        set_groups(session, person_id, groups, actor, now)
        changed.append("groups")
    return changed


def set_password(session: Session, person_id: str, password: str, actor: Actor, now: datetime) -> None:
    """A new password, which ends every session of the person and a lock-out. By an administrator, or for oneself."""
    if actor.id != person_id:
        require(actor, Act.MANAGE_PEOPLE)
    _put_password(session, person_id, password)
    _record(session, "password_set", actor, now, person=person_id)


def issue_password(session: Session, person_id: str, actor: Actor, now: datetime) -> str:
    """A password by chance, to be handed over once: whoever signs in with it has to set one of their own first. Raises as `set_password`."""
    require(actor, Act.MANAGE_PEOPLE)
    password = "-".join("".join(secrets.choice(READABLE) for _ in range(4)) for _ in range(4))
    _put_password(session, person_id, password, temporary=True)
    _record(session, "password_issued", actor, now, person=person_id)
    return password


def _put_password(session: Session, person_id: str, password: str, *, temporary: bool = False) -> None:
    username = session.scalar(select(Person.username).where(Person.id == person_id))
    if username is None:
        raise NotFound("person", person_id)
    session.execute(update(Person).where(Person.id == person_id).values(
        password_hash=_hash(password, username), password_stamp=secrets.token_hex(16), password_is_temporary=temporary, failed_count=0,
        locked_until=None,
    ))  # fmt: skip


def change_password(session: Session, old: str, new: str, actor: Actor, now: datetime) -> None:
    """One's own password, which needs the old one. Raises PasswordWrong (commit even then) and PasswordWeak."""
    username = session.scalar(select(Person.username).where(Person.id == actor.id))
    if username is None:
        raise NotFound("person", actor.id)
    try:
        sign_in(session, username, old, now)
    except SignInRefused as refused:
        raise PasswordWrong(**refused.facts) from None
    if old == new:
        raise PasswordSame
    set_password(session, actor.id, new, actor, now)


def set_groups(session: Session, person_id: str, groups: Iterable[str], actor: Actor, now: datetime) -> None:
    """The memberships of a person, all of them. Raises GroupReserved for words that follow from other facts."""
    require(actor, Act.MANAGE_PEOPLE)
    _require_person(session, person_id)
    wanted = sorted(set(groups))
    session.execute(delete(Membership).where(Membership.person_id == person_id))
    _bind(session, person_id, wanted)
    _record(session, "groups_set", actor, now, person=person_id, groups=wanted)


def set_active(session: Session, person_id: str, active: bool, actor: Actor, now: datetime) -> None:
    """Close or reopen an account; closing ends its sessions. Raises NotAllowed, NotFound, OwnAccount."""
    require(actor, Act.MANAGE_PEOPLE)
    if person_id == actor.id:
        raise OwnAccount
    _require_person(session, person_id)
    session.execute(
        update(Person).where(Person.id == person_id).values(is_active=active, password_stamp=secrets.token_hex(16))
    )
    _record(session, "person_reopened" if active else "person_closed", actor, now, person=person_id)


def unlock(session: Session, person_id: str, actor: Actor, now: datetime) -> None:
    """End a lock-out before its time."""
    require(actor, Act.MANAGE_PEOPLE)
    _require_person(session, person_id)
    session.execute(update(Person).where(Person.id == person_id).values(failed_count=0, locked_until=None))
    _record(session, "person_unlocked", actor, now, person=person_id)


# ----------------------------------------------------------------------------------------------------------------- look-up


def list_people(actor: Actor, *, query: str = "", kind: Kind | None = None) -> Select:
    """Accounts by kind and name, without secrets. Raises NotAllowed."""
    require(actor, Act.MANAGE_PEOPLE)
    found = _people().order_by(Person.kind, Person.name, Person.id)
    if kind is not None:
        found = found.where(Person.kind == kind.value)
    if query:
        found = found.where(or_(contains(Person.name, query), contains(Person.username, query)))
    return found


def get(session: Session, person_id: str, actor: Actor) -> Row:
    """One account: one's own, or any for an administrator. Raises NotFound."""
    if actor.id != person_id and not may(actor, Act.MANAGE_PEOPLE):
        raise NotFound("person", person_id)
    found = session.execute(_people().where(Person.id == person_id)).one_or_none()
    if found is None:
        raise NotFound("person", person_id)
    return found


def groups_of(session: Session, person_id: str, actor: Actor) -> list[str]:
    """The memberships of an account that `get` gives."""
    get(session, person_id, actor)
    return list(session.scalars(select(Membership.group).where(Membership.person_id == person_id).order_by(Membership.group)))


def demonstrations(session: Session) -> list[Row]:
    """Active demonstration accounts, in the order they were made."""
    query = _people().where(Person.demonstration, Person.is_active)
    return list(session.execute(query.order_by(Person.created_at, Person.username)))


def has_demonstrations(session: Session) -> bool:
    """A production start refuses while this is true: the passwords of these accounts are published."""
    return bool(session.scalar(select(exists().where(Person.demonstration, Person.is_active))))


def names(session: Session, person_ids: Iterable[str]) -> dict[str, str]:
    """Id → name, for showing who did something."""
    found = session.execute(select(Person.id, Person.name).where(Person.id.in_(sorted(set(person_ids)))))
    return dict(found.all())


def _people() -> Select:
    return (
        select(
            Person.id, Person.username, Person.name, Person.kind, Person.enterprise_id, Person.department_id, Person.zone_id,
            Enterprise.name.label("enterprise_name"), Department.name.label("department_name"), Zone.name.label("zone_name"),
            Person.position, Person.phone, Person.email, Person.is_active, Person.demonstration, Person.locked_until,
            Person.password_is_temporary.label("is_temporary"), Person.password_hash.is_not(None).label("can_sign_in"),
            Person.signed_in_at, Person.created_at,
        )
        .outerjoin(Enterprise, Enterprise.id == Person.enterprise_id)
        .outerjoin(Department, Department.id == Person.department_id)
        .outerjoin(Zone, Zone.id == Person.zone_id)
    )  # fmt: skip


def _kind(kind: Kind | str) -> Kind:
    try:
        found = Kind(kind)
    except ValueError:
        raise PersonInvalid(what="kind") from None
    if found is Kind.SYSTEM:
        raise PersonInvalid(what="kind")
    return found


# What ties a person of a kind to the rows they may see; without it the account would see nothing.
_PLACE = {Kind.ENTERPRISE: "enterprise", Kind.DEPARTMENT: "department", Kind.SUPERVISOR: "zone"}


def _check_place(session: Session, kind: Kind, enterprise_id: str | None, department_id: str | None, zone_id: str | None) -> None:
    given = {"enterprise": enterprise_id, "department": department_id, "zone": zone_id}
    if kind in _PLACE and given[_PLACE[kind]] is None:
        raise PersonInvalid(what=_PLACE[kind])
    if kind is not Kind.ENTERPRISE and enterprise_id is not None:
        raise PersonInvalid(what="enterprise")
    for what, table in (("enterprise", Enterprise), ("department", Department), ("zone", Zone)):
        if given[what] is not None and not session.scalar(select(exists().where(table.id == given[what]))):
            raise NotFound(what, given[what])


def _hash(password: str, username: str) -> str:
    plain = password.strip().casefold()
    weak = len(password) < MINIMUM or username in plain or plain in COMMON or len(set(plain)) < 4
    if weak or len(password) > 1000:
        raise PasswordWeak(minimum=MINIMUM)
    try:
        return _HASHER.hash(password)
    except UnicodeEncodeError:
        raise PasswordWeak(minimum=MINIMUM) from None


def _bind(session: Session, person_id: str, groups: Iterable[str]) -> None:
    rows = []
    for group in sorted(set(groups)):
        # These follow from the kind, the department or the instance; by hand they would open cases of others.
        if not group.strip() or group in {OWN_ENTERPRISE, SERVING_CADRES, *Kind} or group.startswith(DEPARTMENT):
            raise GroupReserved(group=group)
        rows.append({"person_id": person_id, "group": group})
    if rows:
        session.execute(insert(Membership), rows)


def _require_person(session: Session, person_id: str) -> None:
    if not session.scalar(select(exists().where(Person.id == person_id))):
        raise NotFound("person", person_id)


def _record(session: Session, kind: str, actor: Actor, now: datetime, **facts: object) -> None:
    history.append(session, history.SYSTEM_STREAM, [history.entry(kind, now, **facts)], actor, now)
