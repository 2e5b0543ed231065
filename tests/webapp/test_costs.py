"""What a page costs: statements, transactions and sentences are counted, never time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import event

from engine.tables.store import Store
from engine.verbs import history
from engine.verbs.access import SYSTEM
from tests.performance.counting import statements
from tests.verbs.running import Clock
from tests.webapp.conftest import Visitor
from webapp import case_parts, texts


@contextmanager
def transactions(store: Store) -> Iterator[list[str]]:
    """One entry for each that is begun meanwhile."""
    begun: list[str] = []

    def note(connection: object) -> None:
        begun.append("BEGIN")

    event.listen(store.engine, "begin", note)
    try:
        yield begun
    finally:
        event.remove(store.engine, "begin", note)


@pytest.mark.parametrize("box", ["mine", "groups", "overdue", "done"])
def test_the_inbox_asks_for_the_visitor_and_for_its_rows_and_for_nothing_twice(
    box: str, town: Store, visit: Callable[[str], Visitor], file_request: Callable[..., str]
) -> None:
    file_request()
    visitor = visit("li")
    with statements(town) as asked, transactions(town) as begun:
        visitor.text(f"/inbox?box={box}")

    assert len(asked) == 9 and len(begun) == 2, asked


def test_many_rows_ask_for_no_more_than_one(town: Store, visit: Callable[[str], Visitor], file_request: Callable[..., str]) -> None:
    visitor, spent = visit("li"), []
    for _ in range(2):
        file_request()
        with statements(town) as asked:
            visitor.text("/inbox?box=groups")
        spent.append(len(asked))

    assert spent[0] == spent[1]


def test_a_long_history_comes_in_pages_and_each_line_once(
    town: Store, clock: Clock, visit: Callable[[str], Visitor], file_request: Callable[..., str]
) -> None:
    case = file_request()
    added = [history.entry("action_performed", clock.now, action=f"催办{number:03}", reason=f"催办{number:03}") for number in range(120)]
    with town.writing() as session:
        history.append(session, case, added, SYSTEM, clock.now)
    visitor, seen, address = visit("zhou"), [], f"/instances/{case}"
    while address:
        page = visitor.text(address)
        lines = re.findall(r"<blockquote>(催办\d+)</blockquote>", page)
        assert len(lines) <= case_parts.LINES
        seen += lines
        earlier = re.search(r'rel="next" href="([^"]+)">更早', page)
        address = earlier.group(1).replace("&amp;", "&") if earlier else ""

    assert seen == [f"催办{number:03}" for number in reversed(range(120))]


def test_a_history_is_asked_for_before_any_number(visit: Callable[[str], Visitor], file_request: Callable[..., str]) -> None:
    case, visitor = file_request(), visit("zhou")

    for number in ("0", "-5", "99999999999999999999", "x"):
        visitor.text(f"/instances/{case}?before={number}")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_fixed_sentences_are_in_place_before_a_page_is_made(language: str, app: Flask, stranger: Visitor) -> None:
    stranger.client.set_cookie(texts.COOKIE, language)
    said: list[str] = []
    say = texts.t
    app.jinja_env.globals["t"] = lambda code, /, **facts: (said.append(code), say(code, **facts))[1]
    page = stranger.text("/sign-in")

    assert texts.text("brand.name", language) in page
    assert not {"brand.name", "brand.foot"} & set(said)
