"""What the database has undone for a passing reason is done again, and nobody notices; on PostgreSQL, the only one that does so."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select, text

from engine.tables.instances import ProcessInstance
from engine.tables.store import Store
from engine.tables.tasks import Attachment, UserTask
from tests.verbs.running import Clock
from tests.webapp.town import settle

pytestmark = pytest.mark.postgresql
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"
FILLED = {"result": "已经办好", "settled": "yes"}
UNDO = "RAISE EXCEPTION 'undone' USING ERRCODE = '{state}'"
LOSE = "PERFORM pg_terminate_backend(pg_backend_pid())"


@pytest.fixture
def town(postgresql_store: Store, clock: Clock) -> Iterator[Store]:
    settle(postgresql_store, clock)
    yield postgresql_store
    with postgresql_store.writing() as session:
        session.execute(text("DROP FUNCTION IF EXISTS trouble CASCADE"))
        session.execute(text("DROP SEQUENCE IF EXISTS tries"))


def trouble(store: Store, table: str, act: str, times: int) -> None:
    """The first so many inserts into a table come to grief. A sequence counts them: it is not undone with its transaction."""
    body = f"BEGIN IF nextval('tries') <= {times} THEN {act}; END IF; RETURN NEW; END"
    with store.writing() as session:
        session.execute(text("CREATE SEQUENCE tries"))
        session.execute(text(f"CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$"))
        session.execute(text(f"CREATE TRIGGER trouble BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION trouble()"))


def tries(store: Store) -> int:
    with store.reading() as session:
        return session.scalar(text("SELECT last_value FROM tries"))


@pytest.mark.parametrize("act", [UNDO.format(state="40P01"), UNDO.format(state="40001"), LOSE], ids=["deadlock", "serialization", "lost"])
def test_a_completion_that_was_undone_is_done_again_unnoticed(act, town, visit, file_request, open_task):
    task, li = open_task(file_request()), visit("li")
    li.get(f"/tasks/{task}")
    trouble(town, "event", act, times=2)

    answer = li.post(f"/tasks/{task}/complete", FILLED)

    assert answer.status_code == 303 and tries(town) > 2
    with town.reading() as session:
        assert session.scalar(select(UserTask.outcome).where(UserTask.id == task)) == "completed"


def test_files_that_came_with_it_are_kept_once_and_belong_to_the_case(town, visit):
    zhao = visit("zhao")
    key = re.search(r'name="_request_key" value="(\w+)"', zhao.text("/start/request")).group(1)
    trouble(town, "process_instance", UNDO.format(state="40P01"), times=2)
    sent = {"_request_key": key, "subject": "厂区排水", "urgent": "", "papers": (io.BytesIO(PDF), "说明.pdf")}

    answer = zhao.post("/start/request", sent, content_type="multipart/form-data")

    assert answer.status_code == 303 and tries(town) == 3
    with town.reading() as session:
        case = session.scalars(select(ProcessInstance.id)).one()
        assert session.execute(select(Attachment.instance_id, Attachment.filename)).all() == [(case, "说明.pdf")]


def test_files_are_whole_when_their_own_transaction_was_undone(town, visit):
    zhao = visit("zhao")
    key = re.search(r'name="_request_key" value="(\w+)"', zhao.text("/start/request")).group(1)
    trouble(town, "attachment", LOSE, times=1)
    sent = {"_request_key": key, "subject": "厂区排水", "urgent": "", "papers": (io.BytesIO(PDF), "说明.pdf")}

    assert zhao.post("/start/request", sent, content_type="multipart/form-data").status_code == 303

    with town.reading() as session:
        assert session.scalars(select(Attachment.size)).all() == [len(PDF)]


def test_after_some_attempts_the_page_says_so_and_nothing_is_half_done(town, visit, file_request, open_task):
    task, li = open_task(file_request()), visit("li")
    li.get(f"/tasks/{task}")
    trouble(town, "event", UNDO.format(state="40P01"), times=100)

    answer = li.post(f"/tasks/{task}/complete", FILLED)

    assert answer.status_code == 503 and "再提交一次" in answer.get_data(as_text=True) and tries(town) == 4
    with town.reading() as session:
        assert session.scalar(select(UserTask.closed_at).where(UserTask.id == task)) is None


def test_a_view_is_not_run_again_once_something_of_it_is_kept(town, app, visit):
    from webapp.database import store, writing
    from webapp.security import signed_in

    @app.get("/twice")
    @signed_in
    def twice() -> str:
        for _ in range(2):
            with writing() as session:
                session.execute(text("INSERT INTO counter (name, value) SELECT 'n' || count(*), 1 FROM counter"))
        return str(store())

    li = visit("li")
    body = f"BEGIN IF NEW.name = 'n1' THEN {UNDO.format(state='40P01')}; END IF; RETURN NEW; END"
    with town.writing() as session:
        before = session.scalar(text("SELECT count(*) FROM counter"))
        session.execute(text(f"CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$"))
        session.execute(text("CREATE TRIGGER trouble BEFORE INSERT ON counter FOR EACH ROW EXECUTE FUNCTION trouble()"))
    assert before == 0 and li.client.get("/twice").status_code == 503
    with town.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM counter")) == 1 == session.scalar(select(func.count()).select_from(text("counter")))
