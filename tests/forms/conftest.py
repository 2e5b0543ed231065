"""What the tests of forms share: reading a form from a few components, and drawing it as the pages do."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from lxml import html

from engine.core.forms.model import Form
from engine.core.forms.parts import View
from engine.core.forms.reader import read
from engine.core.problems import Problem
from engine.texts import text

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # Monday, nine in the morning in China
EVERY = Path(__file__).parent / "files" / "every_component.form"


def source(*components: dict[str, object], **more: object) -> bytes:
    form = {"type": "default", "id": "trial", "schemaVersion": 19, "components": list(components), **more}
    return json.dumps(form, ensure_ascii=False, indent=2).encode()


def form_of(*components: dict[str, object]) -> Form:
    form, problems = read(source(*components), "trial.form")
    assert form is not None, "\n".join(map(str, problems))
    return form


def problems_of(*components: dict[str, object], **more: object) -> list[Problem]:
    return read(source(*components, **more), "trial.form")[1]


def field(kind: str = "textfield", key: str = "a", **more: object) -> dict[str, object]:
    return {"type": kind, "id": f"field_{key.replace('.', '_')}", "key": key, "label": key.upper(), **more}


def choices(*values: object) -> list[dict[str, object]]:
    return [{"label": f"选{value}", "value": value} for value in values]


@pytest.fixture
def every() -> Form:
    form, problems = read(EVERY.read_bytes(), EVERY.name)
    assert not problems
    assert form is not None
    return form


def drawing() -> Callable[..., html.HtmlElement]:
    """Draws a view with the real templates and gives the parsed page."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, loader=FileSystemLoader(ROOT / "webapp/templates"), trim_blocks=True, lstrip_blocks=True
    )
    environment.globals["t"] = lambda code, /, **facts: text(code, "zh", **facts)
    environment.globals["file_address"] = "/attachments/{}".format
    template = environment.from_string(
        '{% from "_fields.html" import form_body %}<form method="post">{{ form_body(view, "zh", refresh_url, draft_url) }}</form>'
    )

    def draw(view: View, refresh_url: str = "/refresh", draft_url: str = "/draft") -> html.HtmlElement:
        return html.fromstring(template.render(view=view, refresh_url=refresh_url, draft_url=draft_url))

    return draw


@pytest.fixture(scope="session")
def draw() -> Callable[..., html.HtmlElement]:
    return drawing()
