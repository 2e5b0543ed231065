"""Adding and removing rows and files, as a page's buttons ask for it: on the raw fields, so that it needs no script.

`_add=items` appends a row to a list, `_remove=items[2]` takes one away, `_remove=papers#f81` takes the file `f81` out of a
field, `_update=1` only asks for the page again.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.core.forms.model import Path
from engine.core.forms.names import html_name, parse_name
from engine.core.forms.sources import KEPT

ADD, REMOVE, UPDATE = "_add", "_remove", "_update"  # names of buttons


def act(raw: Mapping[str, list[str]]) -> dict[str, list[str]] | None:
    """The fields after the row buttons in `raw` were followed; None if no button was pressed: it is a submission."""
    if not any(raw.get(button) for button in (ADD, REMOVE, UPDATE)):
        return None
    fields = {name: list(texts) for name, texts in raw.items() if name not in (ADD, REMOVE, UPDATE)}
    for name in raw.get(ADD, []):
        _add(fields, name)
    for target in raw.get(REMOVE, []):
        name, _, file = target.partition("#")
        if file:
            fields[name] = [text for text in fields.get(name, []) if text != file] or [""]
        else:
            fields = _remove(fields, name)
    return fields


def _add(fields: dict[str, list[str]], name: str) -> None:
    path = parse_name(name)
    if path is None:
        return
    taken = [at[len(path)] for at in map(_path, fields) if at[: len(path)] == path and len(at) > len(path)]
    number = max((index for index in taken if isinstance(index, int)), default=-1) + 1
    fields.setdefault(name, [""])
    fields[html_name((*path, number))] = [""]


def _remove(fields: dict[str, list[str]], name: str) -> dict[str, list[str]]:
    path = parse_name(name)
    if path is None or not path or not isinstance(path[-1], int):
        return fields
    kept = {key: texts for key, texts in fields.items() if _path(key)[: len(path)] != path}
    kept.setdefault(html_name(path[:-1]), [""])  # an emptied list is not a list that was not on the page
    return kept


def _path(name: str) -> Path:
    return parse_name(name.removeprefix(KEPT)) or ()
