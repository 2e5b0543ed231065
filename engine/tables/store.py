"""The database as a resource: one engine, sessions that are one transaction each, and the schema brought up to date.

SQLite (one file, WAL) is the embedded default; PostgreSQL takes over past one machine. A transaction is opened where a stimulus
enters and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from select import POLLIN, poll
from time import monotonic
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event, func, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from engine.tables.pipelines import Pipeline

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY = timedelta(seconds=30)  # how long a writer waits for another one on SQLite
BEGIN = "zhuqi_begin"
# A step touches two dozen pages, mostly the same as the one before: a longer log is folded into the file less often (32 MB),
# and a larger cache (64 MB a connection) keeps the upper pages of all indexes.
_PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "wal_autocheckpoint=8000", "cache_size=-65536")
PREPARED = 1_000  # statements that a connection to PostgreSQL keeps prepared: planning one takes longer than running it
PLAN_ANEW = "zhuqi_plan_anew"  # an execution option: the best plan hangs on the values, so PostgreSQL must not keep one for all of them
REST = timedelta(seconds=1)  # a connection to PostgreSQL that has rested longer is asked whether it still lives
RESTS_SINCE = "zhuqi_rests_since"
AFTER_COMMIT = "zhuqi_after_commit"
LEFT_BEHIND = "zhuqi_left_behind"
CONNECTION = "zhuqi_connection"
CROSSED = frozenset({"40001", "40P01", "55P03"})  # PostgreSQL: serialization failure, deadlock, lock not available
LOST = ("08", "57P")  # classes of PostgreSQL's: the connection, the server being shut down
PIPELINE = "zhuqi_pipeline"
MIGRATING = 0x7A68757169  # any number that only we use for this lock


class Store:
    """The database at `url`, e.g. `sqlite:////var/lib/zhuqi/zhuqi.sqlite` or `postgresql+psycopg://…`. Safe to share by threads.

    `follow_up` is given what a transaction has left to be done at once (`leave_behind`), as soon as it is in the database.
    """

    def __init__(self, url: str | URL, follow_up: Callable[[Store, Sequence[str]], None] | None = None) -> None:
        self.url = make_url(url)
        self._follow_up = follow_up
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self.engine = create_engine(self.url, connect_args={"timeout": BUSY.total_seconds()})
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        else:
            self.engine = create_engine(self.url, isolation_level="READ COMMITTED", pool_size=10, max_overflow=20)
            event.listen(self.engine, "connect", _prepare_postgresql)
            event.listen(self.engine, "do_execute", _plan_anew)
            event.listen(self.engine, "checkin", _note_rest)
            event.listen(self.engine, "checkout", _check_life)
            event.listen(self.engine, "before_execute", _flush)
            event.listen(self.engine, "commit", _commit)
            event.listen(self.engine, "rollback", _forget)
            event.listen(self.engine, "rollback_savepoint", _forget)
            event.listen(self.engine, "reset", _forget_all)
        # Pages ask several questions and must get answers that fit together.
        self._reading_engine = self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="REPEATABLE READ")
        self._writing_engine = self.engine.execution_options(**{BEGIN: "BEGIN IMMEDIATE"})
        self._at_hand: list[Connection] = []

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose transaction is committed at the end, or rolled back by any exception."""
        # BEGIN IMMEDIATE: a transaction that reads first and writes later could not be upgraded when another one wrote in between.
        with self._connected() as connection:
            with connection.begin():
                session = Session(connection, autoflush=False, expire_on_commit=False)
                session.info[CONNECTION] = connection
                yield session
            for action in session.info.get(AFTER_COMMIT, ()):
                action()
        if self._follow_up is not None and (left := session.info.get(LEFT_BEHIND)):
            self._follow_up(self, left)

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        """A connection to write on. SQLite has one writer at a time, so one connection is kept at hand for it; it cannot be lost."""
        try:
            connection = self._at_hand.pop()
        except IndexError:
            connection = self._writing_engine.connect()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        if self.is_sqlite and not self._at_hand:
            self._at_hand.append(connection)
        else:
            connection.close()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state of the database throughout, whatever others write meanwhile. For reading only."""
        with Session(self._reading_engine, autoflush=False, expire_on_commit=False) as session:
            yield session
            # Not a rollback: after one the PostgreSQL driver throws away every statement that it has prepared on the connection.
            session.commit()

    def migrate(self) -> None:
        """Bring the schema to the newest revision; an empty database gets all of it. Servers that start together take turns."""
        with self._writing_engine.begin() as connection:
            if not self.is_sqlite:
                connection.execute(select(func.pg_advisory_xact_lock(MIGRATING)))
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def close(self) -> None:
        while self._at_hand:
            self._at_hand.pop().close()
        self.engine.dispose()


def is_passing(error: DBAPIError) -> bool:
    """Whether the database has undone a transaction for a reason that passes, so that the same one may succeed when it is run anew.

    On SQLite nothing is like that: a writer waits for its turn (`BUSY`) instead.
    """
    if not hasattr(error.orig, "sqlstate"):
        return False
    state: str | None = error.orig.sqlstate
    # What the driver says by itself, without the server, is about the connection.
    return isinstance(error, OperationalError) if state is None else state in CROSSED or state.startswith(LOST)


def is_undone(error: DBAPIError) -> bool:
    """Whether the database says so itself, so that nothing of the transaction is kept, even if it was being committed."""
    return getattr(error.orig, "sqlstate", None) in CROSSED


def connection_of(session: Session) -> Connection:
    """The connection that a session works on: the one it was opened with, without asking the session each time."""
    if session.in_nested_transaction():
        return session.connection()  # by being asked for it a session sets its savepoint
    return session.info.get(CONNECTION) or session.connection()


def pipeline_of(connection: Connection) -> Pipeline | None:
    """What is sent on a connection to PostgreSQL; None on SQLite, where nothing has to be sent."""
    pipeline: Pipeline | None = connection.info.get(PIPELINE)
    return pipeline


def after_commit(session: Session, action: Callable[[], None]) -> None:
    """Do something in this process once the session's transaction, opened by `writing`, is in the database; nothing if it never is."""
    session.info.setdefault(AFTER_COMMIT, []).append(action)


def leave_behind(session: Session, jobs: Iterable[str]) -> None:
    """Ids of jobs that this transaction has written and that should be done right after it. They are done some time in any case."""
    session.info.setdefault(LEFT_BEHIND, []).extend(jobs)


def _prepare_sqlite(connection: Any, record: object) -> None:
    connection.isolation_level = None  # else the driver decides by itself when a transaction begins
    cursor = connection.cursor()
    for pragma in (*_PRAGMAS, f"busy_timeout={BUSY // timedelta(milliseconds=1)}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _prepare_postgresql(connection: Any, record: Any) -> None:
    from engine.tables.pipelines import Pipeline  # the driver is installed where it is needed

    connection.prepared_max = PREPARED
    # Making machine code of a plan, or starting helpers for it, takes longer than answering what a page asks.
    connection.execute("SET jit TO off")
    connection.execute("SET max_parallel_workers_per_gather TO 0")
    connection.commit()
    record.info[PIPELINE] = Pipeline(connection)


def _plan_anew(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
    """Whether the statement has been run here, because it must not stay prepared."""
    if not context.execution_options.get(PLAN_ANEW):
        return False
    cursor.execute(statement, parameters, prepare=False)
    return True


def _flush(connection: Connection, *statement: object) -> None:
    connection.info[PIPELINE].flush()


def _commit(connection: Connection) -> None:
    # With what is still to be written: the driver, asked to commit right after this, finds it done.
    connection.info[PIPELINE].commit()


def _forget_all(connection: object, record: Any, state: object) -> None:
    # A transaction that a failed commit has left open is undone when its connection goes back.
    record.info[PIPELINE].forget()


def _forget(connection: Connection, *savepoint: object) -> None:
    if not connection.invalidated:
        connection.info[PIPELINE].forget()


def _note_rest(connection: Any, record: Any) -> None:
    record.info[RESTS_SINCE] = monotonic()


def _check_life(connection: Any, record: Any, proxy: object) -> None:
    """Have a lost connection replaced by a new one, without asking the server before each transaction.

    A server that ends a connection says so on it, and one at rest has nothing else to say. What a network drops in silence is found
    by asking, after a rest.
    """
    if (rests_since := record.info.get(RESTS_SINCE)) is None:
        return
    try:
        if monotonic() - rests_since > REST.total_seconds() or _has_spoken(connection):
            connection.execute("SELECT 1")
            connection.commit()
    except connection.Error as lost:
        raise DisconnectionError from lost


def _has_spoken(connection: Any) -> bool:
    """Whether something has come from the server that nobody has read, the end included."""
    watched = poll()
    watched.register(connection.fileno(), POLLIN)
    return bool(watched.poll(0))


def _begin_sqlite(connection: Connection) -> None:
    # On the driver's own connection: this is said before every single transaction.
    connection.connection.dbapi_connection.execute(connection.get_execution_options().get(BEGIN, "BEGIN"))  # type: ignore[union-attr]
