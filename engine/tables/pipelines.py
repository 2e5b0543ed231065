"""Round trips to PostgreSQL: any number of statements travel together, with the transaction's BEGIN and COMMIT.

What a transaction writes need not be answered one by one, so it may wait (`put_off`) for whatever is sent next: a question, or the end
of the transaction. The server does nothing after a statement that fails, so a COMMIT that travels with writes happens only if all
of them did. Statements stay prepared on the connection.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from select import POLLIN, POLLOUT, poll
from typing import Any, NamedTuple

from psycopg import Connection, Error, OperationalError
from psycopg.abc import Buffer
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import DivisionByZero, InFailedSqlTransaction, error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult
from sqlalchemy.exc import DBAPIError

COMMIT = "COMMIT"
OURS = "zhuqi_"  # what the names of our prepared statements begin with
_PREPARED = f"SELECT name, statement FROM pg_prepared_statements WHERE starts_with(name, '{OURS}')"


class Answer(NamedTuple):
    """The rows that a statement has found, as the driver makes them; the number of rows it has found or touched."""

    rows: list[tuple[Any, ...]]
    count: int


class _Statement(NamedTuple):
    sql: str
    values: Sequence[Any] = ()
    if_untouched: Callable[[], Exception] | None = None


class Pipeline:
    """What is sent on one connection of psycopg. The database's errors are raised as SQLAlchemy tells them.

    The connection stays psycopg's, which may run other statements between two round trips: `flush` before them.
    """

    def __init__(self, driver: Connection[Any]) -> None:
        self._driver = driver
        self._names: dict[str, bytes] = {}  # of the statements that are prepared on the connection
        self._prepared = 0  # so many so far: a name is never used again
        self._may_have_lost_names = False
        self._waiting: list[_Statement] = []

    def put(self, sql: str, values: Sequence[Any], if_untouched: Callable[[], Exception] | None = None) -> None:
        """Have this sent with whatever comes next; what goes wrong is raised there. Its parameters are `$1`, `$2` …

        `if_untouched` makes the error of a write that must touch a row and does not.
        """
        self._waiting.append(_Statement(sql if if_untouched is None else _guarded(sql), values, if_untouched))

    def run(self) -> list[Answer]:
        """Send everything that waits: one round trip, which begins the transaction if need be. The answers in order."""
        waiting, self._waiting = self._waiting, []
        if self._may_have_lost_names:
            self._look_names_up()
        if self._driver.pgconn.transaction_status == TransactionStatus.IDLE:
            return self._exchanged([_Statement(self._begin()), *waiting])[1:]
        return self._exchanged(waiting)

    def flush(self) -> None:
        """Send what waits, if anything does."""
        if self._waiting:
            self.run()

    def commit(self) -> None:
        """Send what waits and commit: one round trip. Raises also if there is nothing left to commit, for an error that nobody minded."""
        if self._waiting or self._driver.pgconn.transaction_status != TransactionStatus.IDLE:
            self.put(COMMIT, ())
            self.run()

    def forget(self) -> None:
        """The transaction, or a part of it, is being undone: nothing waits any more."""
        self._waiting.clear()
        if self._driver.pgconn.transaction_status != TransactionStatus.IDLE:
            self._may_have_lost_names = True  # psycopg throws away everything that is prepared if any of it is its own

    def _begin(self) -> str:
        level = self._driver.isolation_level
        return "BEGIN" if level is None else f"BEGIN ISOLATION LEVEL {level.name.replace('_', ' ')}"

    def _exchanged(self, statements: list[_Statement]) -> list[Answer]:
        transformer, wire = Transformer(self._driver), self._driver.pgconn
        values = [transformer.dump_sequence(one.values, [PyFormat.TEXT] * len(one.values)) for one in statements]
        try:
            wire.enter_pipeline_mode()
            sent = [self._send(wire, *pair) for pair in zip(statements, values, strict=True)]
            wire.pipeline_sync()
            results = iter(_awaited(wire))
            wire.exit_pipeline_mode()
        except BaseException as error:
            self._driver.close()  # in the middle of a conversation: nobody could tell the next answer from the last
            raise _told(statements, error) if isinstance(error, Error) else error
        answers = []
        for one, new_name in zip(statements, sent, strict=True):
            if new_name is not None:
                _check(one, next(results))
                self._names[one.sql] = new_name
            answers.append(_answer(transformer, one, next(results)))
        return answers

    def _send(self, wire: PGconn, one: _Statement, values: Sequence[Buffer | None]) -> bytes | None:
        """The name of the statement if it has to be prepared first."""
        known = self._names.get(one.sql)
        if known is not None:
            wire.send_query_prepared(known, values)
            return None
        self._prepared += 1
        new = f"{OURS}{self._prepared}".encode()
        wire.send_prepare(new, one.sql.encode())
        wire.send_query_prepared(new, values)
        return new

    def _look_names_up(self) -> None:
        self._may_have_lost_names = False
        found = self._driver.execute(_PREPARED, prepare=False)
        self._names = {sql: name.encode() for name, sql in found}


@cache
def _guarded(sql: str) -> str:
    """The write so that the server takes it for an error, and commits nothing, if it touches no row."""
    return f"WITH touched AS ({sql} RETURNING 1) SELECT 1 / count(*) FROM touched"


def _awaited(wire: PGconn) -> list[PGresult]:
    """What the server has answered to everything since the last time. Other threads may run meanwhile."""
    socket = poll()
    socket.register(wire.socket, POLLIN | POLLOUT)
    while wire.flush():
        socket.poll()
        wire.consume_input()  # a server that cannot get rid of its answers would not read on
    socket.modify(wire.socket, POLLIN)
    results = []
    while True:
        while wire.is_busy():
            socket.poll()
            wire.consume_input()
        result = wire.get_result()
        if result is not None and result.status == ExecStatus.PIPELINE_SYNC:
            return results
        if result is not None:
            results.append(result)
        elif wire.status == ConnStatus.BAD:
            raise OperationalError("the connection to the server is lost")


def _answer(transformer: Transformer, one: _Statement, result: PGresult) -> Answer:
    _check(one, result)
    if one.sql == COMMIT and result.command_status != COMMIT.encode():
        raise _told([one], InFailedSqlTransaction("an error has been passed over: nothing was committed"))
    if result.status != ExecStatus.TUPLES_OK:
        return Answer([], result.command_tuples or 0)
    transformer.set_pgresult(result)
    return Answer(transformer.load_rows(0, result.ntuples, tuple), result.ntuples)


def _check(one: _Statement, result: PGresult) -> None:
    if result.status != ExecStatus.FATAL_ERROR:
        return
    error = error_from_result(result)
    if one.if_untouched is not None and isinstance(error, DivisionByZero):
        raise one.if_untouched()
    raise _told([one], error)


def _told(statements: Sequence[_Statement], error: Error) -> Exception:
    """The driver's error as SQLAlchemy tells it."""
    return DBAPIError.instance("; ".join(one.sql for one in statements), None, error, Error)
