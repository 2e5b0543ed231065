from __future__ import annotations

import json
import statistics
import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine.tables.instances import Event
from engine.tables.people import Person
from engine.texts import catalogue
from engine.verbs import access, people
from engine.verbs.access import SYSTEM
from engine.verbs.errors import EngineError, NotFound
from engine.verbs.lockout import FAILURES, LOCK, SignInRefused
from tests.access.world import World

PASSWORD = "correct horse 石榴树下的一封信"


@pytest.fixture
def someone(any_world: World) -> World:
    with any_world.store.writing() as session:
        people.set_password(session, "housing_one", PASSWORD, SYSTEM, any_world.clock.now)
    return any_world


def stamp(session: Session, person_id: str) -> str:
    standing = people.standing(session, person_id)
    assert standing is not None
    return standing.password_stamp


def sign_in(world: World, username: str, password: str) -> str | EngineError:
    """As a page does it: a refusal leaves the transaction as a value, so that it is counted."""
    with world.store.writing() as session:
        try:
            return people.sign_in(session, username, password, world.clock.now)
        except EngineError as refusal:
            return refusal


def test_the_right_password_opens(someone: World) -> None:
    assert sign_in(someone, "housing_one", PASSWORD) == "housing_one"
    assert sign_in(someone, "  Housing_ONE ", PASSWORD) == "housing_one"
    assert sign_in(someone, "ｈousing_one", PASSWORD) == "housing_one"


@pytest.mark.parametrize("password", ["", "wrong", "\0", "\ud800", "长" * 1000])
def test_unknown_name_wrong_password_and_no_password_are_refused_alike(someone: World, password: str) -> None:
    for username in ("housing_one", "water_one", "nobody", "", "\0", "x\ud800", "a" * 10_000):
        refusal = sign_in(someone, username, password)

        assert type(refusal) is SignInRefused and refusal.facts == SignInRefused().facts


def test_guessing_locks_the_account_without_a_word(someone: World) -> None:
    for _ in range(FAILURES):
        assert isinstance(sign_in(someone, "housing_one", "wrong"), SignInRefused)

    locked, unknown = sign_in(someone, "housing_one", PASSWORD), sign_in(someone, "nobody", PASSWORD)
    assert isinstance(locked, SignInRefused) and isinstance(unknown, SignInRefused)
    assert locked.sentence() == unknown.sentence()
    with someone.store.reading() as session:  # the administrator is told
        assert people.get(session, "housing_one", someone.actor("administrator")).locked_until == someone.clock.now + LOCK
    someone.clock.now += LOCK
    assert isinstance(sign_in(someone, "housing_one", "wrong"), SignInRefused)
    assert sign_in(someone, "housing_one", PASSWORD) == "housing_one"


def test_a_success_forgets_the_failures_before(someone: World) -> None:
    for _ in range(3):
        for _ in range(FAILURES - 1):
            sign_in(someone, "housing_one", "wrong")
        assert sign_in(someone, "housing_one", PASSWORD) == "housing_one"


def test_an_administrator_ends_a_lock_out(someone: World) -> None:
    for _ in range(FAILURES):
        sign_in(someone, "housing_one", "wrong")

    with someone.store.writing() as session:
        people.unlock(session, "housing_one", someone.actor("administrator"), someone.clock.now)

    assert sign_in(someone, "housing_one", PASSWORD) == "housing_one"


def test_an_unknown_name_and_a_locked_account_take_as_long_as_a_wrong_password(world: World) -> None:
    with world.store.writing() as session:
        for person in ("housing_one", "water_one"):
            people.set_password(session, person, PASSWORD, SYSTEM, world.clock.now)
        session.execute(update(Person).where(Person.id == "water_one").values(locked_until=world.clock.now + timedelta(days=9)))

    def spent(username: str) -> float:
        world.clock.now += timedelta(hours=1)
        begin = time.process_time()  # not of the wall: other work on the machine must not decide
        sign_in(world, username, "wrong")
        return time.process_time() - begin

    spent("nobody"), spent("housing_one")
    # Each is dominated by one argon2 computation; without it an unknown name would answer tens of times faster.
    known, unknown, locked = (statistics.median(spent(name) for _ in range(5)) for name in ("housing_one", "nobody", "water_one"))
    assert 0.3 < unknown / known < 3
    assert 0.3 < locked / known < 3


def test_a_new_password_ends_the_sessions_before(someone: World) -> None:
    with someone.store.writing() as session:
        before = stamp(session, "housing_one")
        people.change_password(session, PASSWORD, "another long one here", someone.actor("housing_one"), someone.clock.now)

        assert stamp(session, "housing_one") != before
    assert isinstance(sign_in(someone, "housing_one", PASSWORD), SignInRefused)


def test_a_password_handed_over_has_to_be_changed_and_says_nothing_in_the_record(someone: World) -> None:
    now, admin = someone.clock.now, someone.actor("administrator")
    with someone.store.writing() as session:
        password = people.issue_password(session, "housing_one", admin, now)
        assert people.standing(session, "housing_one").password_is_temporary  # type: ignore[union-attr]

    assert isinstance(sign_in(someone, "housing_one", PASSWORD), SignInRefused)
    assert sign_in(someone, "housing_one", password) == "housing_one"
    with someone.store.writing() as session:
        own = someone.actor("housing_one")
        with pytest.raises(people.PasswordSame):
            people.change_password(session, password, password, own, now)
        with pytest.raises(people.PasswordWrong):
            people.change_password(session, "wrong", "another long one here", own, now)
        people.change_password(session, password, "another long one here", own, now)
        assert not people.standing(session, "housing_one").password_is_temporary  # type: ignore[union-attr]
        events = session.execute(select(Event.kind, Event.facts, Event.actor_id).where(Event.stream == "system")).all()
    assert ("password_issued", {"person": "housing_one"}, "administrator") in [tuple(row) for row in events]
    assert all(password not in json.dumps(row.facts) for row in events)


def test_what_is_known_of_a_person_is_changed_and_on_record(world: World) -> None:
    now, admin = world.clock.now, world.actor("administrator")
    with world.store.writing() as session:
        facts = {"name": "何青", "kind": "department", "department_id": "water", "position": "科长", "groups": ["experts"]}
        changed = people.change(session, "housing_one", actor=admin, now=now, **facts)  # type: ignore[arg-type]
        again = people.change(session, "housing_one", actor=admin, now=now, **facts)  # type: ignore[arg-type]
        line = session.scalar(select(Event.facts).where(Event.stream == "system", Event.kind == "person_changed"))

    assert changed == ["name", "department_id", "position", "groups"] and again == []
    assert line == {"person": "housing_one", "changed": ["name", "department_id", "position"]}
    assert world.actor("housing_one").groups == {"department", "dept:water", "experts"}


def test_nobody_takes_the_administration_from_themselves(world: World) -> None:
    now, admin = world.clock.now, world.actor("administrator")
    with world.store.writing() as session:
        with pytest.raises(people.OwnAccount):
            people.set_active(session, "administrator", False, admin, now)
        with pytest.raises(people.OwnAccount):
            people.change(session, "administrator", name="管理员", kind="cadre", actor=admin, now=now)


@pytest.mark.parametrize("password", ["", "short", "aaaaaaaaaaaaaaaa", "my-HOUSING_ONE-pass", "password123", "x" * 1001, "good but \ud800 half"])
def test_weak_passwords_are_refused(world: World, password: str) -> None:
    with world.store.writing() as session, pytest.raises(people.PasswordWeak):
        people.set_password(session, "housing_one", password, SYSTEM, world.clock.now)


def test_passwords_are_stored_as_argon2id_only(someone: World) -> None:
    with someone.store.reading() as session:
        stored = session.scalar(select(Person.password_hash).where(Person.id == "housing_one"))
        said = json.dumps([row.facts for row in session.execute(select(Event.facts).where(Event.stream == "system"))])

    assert str(stored).startswith("$argon2id$")
    assert PASSWORD not in said and "correct horse" not in said and str(stored) not in said


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({"kind": "enterprise"}, people.PersonInvalid),
        ({"kind": "department"}, people.PersonInvalid),
        ({"kind": "supervisor"}, people.PersonInvalid),
        ({"kind": "system"}, people.PersonInvalid),
        ({"kind": "king"}, people.PersonInvalid),
        ({"kind": "cadre", "name": "  "}, people.PersonInvalid),
        ({"kind": "cadre", "username": " \0"}, people.PersonInvalid),
        ({"kind": "cadre", "enterprise_id": "acme"}, people.PersonInvalid),
        ({"kind": "department", "department_id": "moon"}, NotFound),
        ({"kind": "cadre", "username": "HOUSING_ONE"}, people.UsernameTaken),
        ({"kind": "cadre", "groups": ["enterprise"]}, people.GroupReserved),
        ({"kind": "cadre", "groups": ["supervisor"]}, people.GroupReserved),
        ({"kind": "cadre", "groups": ["dept:housing"]}, people.GroupReserved),
        ({"kind": "cadre", "groups": ["cadre-of-enterprise"]}, people.GroupReserved),
    ],
)
def test_an_account_that_does_not_hold_together_is_refused(world: World, facts: dict[str, object], refusal: type[EngineError]) -> None:
    given = {"username": "new", "name": "新人", "password": None, **facts}

    with world.store.writing() as session, pytest.raises(refusal) as refused:
        people.create(session, actor=SYSTEM, now=world.clock.now, **given)  # type: ignore[arg-type]
    assert "error." not in refused.value.sentence() and refused.value.code not in refused.value.sentence()


def test_demonstration_accounts_are_known_as_such(world: World) -> None:
    with world.store.writing() as session:
        assert not people.has_demonstrations(session)
        people.create(
            session, username="demo", name="演示", kind="cadre", password=None, actor=SYSTEM, now=world.clock.now, demonstration=True
        )

        assert people.has_demonstrations(session)
        assert [person.name for person in people.demonstrations(session)] == ["演示"]


def test_people_are_found_and_never_with_their_secrets(world: World) -> None:
    admin = world.actor("administrator")

    with world.store.reading() as session:
        found = session.execute(people.list_people(admin, query="HOUSING")).all()
        assert [row.id for row in found] == ["housing_one", "housing_two"]
        assert not {name for name in found[0]._fields if "password" in name}
        assert people.groups_of(session, "desk_one", admin) == ["desk"]
        assert people.get(session, "housing_one", world.actor("housing_one")).department_name == "housing"


def test_a_membership_is_in_force_with_the_next_request(world: World) -> None:
    with world.store.writing() as session:
        people.set_groups(session, "water_one", ["desk", "experts"], world.actor("administrator"), world.clock.now)

    assert world.actor("water_one").groups == {"department", "dept:water", "desk", "experts"}
    with world.store.writing() as session:
        people.set_groups(session, "water_one", [], world.actor("administrator"), world.clock.now)
    assert world.actor("water_one").groups == {"department", "dept:water"}


def test_guesses_at_the_same_moment_are_all_counted(someone: World) -> None:
    outcomes: list[str] = []

    def guess() -> None:
        outcomes.append(type(sign_in(someone, "housing_one", "wrong")).__name__)

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes == ["SignInRefused"] * 12
    assert isinstance(sign_in(someone, "housing_one", PASSWORD), SignInRefused)
    with someone.store.reading() as session:
        locks = session.scalars(select(Event.kind).where(Event.stream == "system", Event.kind == "person_locked"))
        assert len(list(locks)) == 1


def test_every_act_and_every_group_has_words() -> None:
    words = catalogue("zh")
    assert [act for act in access.Act if f"error.what.{act}" not in words] == []
    assert [kind for kind in access.Kind if f"access.group.{kind}" not in words] == []
