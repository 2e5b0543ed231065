"""A form filled in as people do: from the top down, choices first that let other fields appear, rows by the button, files by the picker."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath

from playwright.sync_api import Locator, Page, expect

from engine.core.forms.names import option_text
from engine.core.runtime.step import Json

COUNT = "addEventListener('htmx:afterSettle', () => { window.settled = (window.settled ?? 0) + 1; });"
# Names of what can be filled in now, from the top down; the button of a list stands for the list.
_NAMES = """form => [...form.querySelectorAll('[name]:not([type=hidden], :disabled), [name=_add]')]
  .map(one => one.name === '_add' ? one.value : one.name)"""
_ROWS = """(form, name) => [...form.querySelectorAll('input[type=hidden]')].map(one => one.name)
  .filter(row => row.startsWith(name + '[') && /^\\[\\d+\\]$/.test(row.slice(name.length)))"""
_STATE = """one => ({
  state: one.type === 'radio' || one.type === 'checkbox' ? one.checked : one.value, select: one.tagName === 'SELECT',
  refreshes: Boolean(one.closest('[data-refreshes]')), folded: Boolean(one.closest('details:not([open])')),
})"""
CONTENT = {".pdf": ("application/pdf", b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"), ".txt": ("text/plain", b"ok")}


@dataclass(frozen=True)
class Rows:
    """A dynamic list is to have so many rows."""

    count: int


def fill(page: Page, form: Locator, values: Mapping[str, Json]) -> None:
    """Give the fields these values, by key. Raises AssertionError for a value that has no field to go to."""
    pending = dict(_leaves(values))
    while pending:
        names = form.evaluate(_NAMES)
        name = next((name for name in names if name in pending), None)
        if name is None:
            break
        value = pending.pop(name)
        if value == [] and form.locator(f'[name="_add"][value="{name}"]').count():
            value = Rows(0)
        if isinstance(value, Rows):
            _set_rows(page, form, name, value.count)
        else:
            _set(page, form, name, value)
    lost = {name: value for name, value in pending.items() if not isinstance(value, Rows) and value not in (None, "", [], False)}
    assert not lost, f"{page.url} “{page.title()}” has no field for {lost}: {form.evaluate(_NAMES)}"


def _leaves(values: Mapping[str, Json], prefix: str = "") -> Iterator[tuple[str, Json | Rows]]:
    """Each control's name with its value: `items[0].name`."""
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _leaves(value, f"{name}.")
        elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            yield name, Rows(len(value))
            for index, item in enumerate(value):
                assert isinstance(item, dict)
                yield from _leaves(item, f"{name}[{index}].")
        else:
            yield name, value


def _set_rows(page: Page, form: Locator, name: str, count: int) -> None:
    rows = form.evaluate(_ROWS, name)
    while len(rows) != count:
        if len(rows) < count:
            _press(page, form.locator(f'[name="_add"][value="{name}"]'))
        else:
            _press(page, form.locator(f'[name="_remove"][value="{rows[-1]}"]'))
        before, rows = rows, form.evaluate(_ROWS, name)
        assert rows != before, f"{name}: the number of rows does not change"


def _press(page: Page, button: Locator) -> None:
    before = _settled(page)
    button.click()
    _wait_settled(page, before)


def _set(page: Page, form: Locator, name: str, value: Json) -> None:
    controls = form.locator(f'[name="{name}"]:not([type=hidden])')
    kind = controls.first.evaluate("one => one.type")
    if kind == "radio":
        if value is not None:
            _change(page, form.locator(f'[name="{name}"][value={_quoted(option_text(value))}]'), True)
    elif kind == "checkbox":
        wanted = {option_text(item) for item in value} if isinstance(value, list) else {"true"} if value is True else set()
        offered = controls.evaluate_all("all => all.map(one => one.value)")
        assert wanted <= set(offered), f"{name} offers {offered}, not {wanted}"
        for text in offered:
            _change(page, form.locator(f'[type=checkbox][name="{name}"][value={_quoted(text)}]'), text in wanted)
    elif kind == "file":
        if isinstance(value, list) and value:
            controls.first.set_input_files([_file(str(file)) for file in value])
    elif kind == "select-one":
        _change(page, controls.first, "" if value is None else option_text(value))
    else:
        text = "" if value is None else option_text(value)
        _change(page, controls.first, text[:16] if kind == "datetime-local" else text)


def _file(name: str) -> dict[str, object]:
    media_type, content = CONTENT.get(PurePath(name).suffix, CONTENT[".txt"])
    return {"name": name, "mimeType": media_type, "buffer": content}


def _change(page: Page, control: Locator, value: str | bool) -> None:
    """Set one control; where others depend on it, wait for the page to be drawn anew."""
    expect(control).to_have_count(1)
    found = control.evaluate(_STATE)
    if found["state"] == value:
        return
    if found["folded"]:
        _unfold(control)
    before = _settled(page)
    if isinstance(value, bool):
        control.set_checked(value)
    elif found["select"]:
        control.select_option(value)
    else:
        control.fill(value)
        control.blur()
    if found["refreshes"]:
        _wait_settled(page, before)


def _unfold(control: Locator) -> None:
    """Long lists show their first rows; the others are behind a line that people open."""
    summary = control.locator("xpath=ancestor::details[not(@open)]/summary")
    for index in range(summary.count()):
        summary.nth(index).click()


def _settled(page: Page) -> int:
    return int(page.evaluate("window.settled ?? 0"))


def _wait_settled(page: Page, before: int) -> None:
    page.wait_for_function("before => (window.settled ?? 0) > before", arg=before, polling=20)


def _quoted(text: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
