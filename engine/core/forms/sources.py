"""Where the values of a submission come from: the fields of a page, or the JSON of a program. One interface, two readers.

A page sends, for every control it showed, its name; `""` under the name of a checkbox, list, row or file field says only that
it was on the page. Names that begin with `_` and `csrf_token` are the page's own. `_kept.<name>` carries what was typed into
a field that has been hidden since, so that it is there again when the field comes back. `_kept._find.<name>` has the words that are
looked for among a field's many choices, `_kept._found.<name>` those that the page was drawn for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from engine.core.forms import values
from engine.core.forms.model import Component, Invalid, Json, Path
from engine.core.forms.names import html_name, parse_name
from engine.core.forms.values import Setting

KEPT = "_kept."
JUDGED = "_kept._judged"  # on a page that shows errors: until it is submitted again, each refresh judges anew
FIND, FOUND = "_kept._find.", "_kept._found."
ROWS = 200


def seeks(raw: Mapping[str, list[str]]) -> bool:
    """Whether words were typed to look for choices that the page does not show yet: Enter there is no submission."""
    return any(texts != raw.get(FOUND + name.removeprefix(FIND)) for name, texts in raw.items() if name.startswith(FIND))


class Absent:
    """Nothing was sent, as against an empty value."""


ABSENT = Absent()


class Source(Protocol):
    strict: bool  # whether a value for a hidden field is an error: a page may hide a field after it was typed into

    def given(self, path: Path) -> object:
        """What was sent for a field; ABSENT if nothing was."""

    def rows(self, path: Path, before: int, fixed: int | None) -> list[int | None] | None:
        """For each row of a list the number of the row it was before, out of `before` (None: new); None if nothing was sent.

        `fixed`: the number of rows of a list that nobody may lengthen or shorten, None otherwise. Raises Invalid.
        """

    def convert(self, component: Component, given: object, setting: Setting) -> Json:
        """The value, or Invalid."""

    def unknown(self) -> list[str]:
        """Names of what was sent and never asked for."""


@dataclass
class _Node:
    inner: dict[str | int, _Node] = field(default_factory=dict)
    name: str = ""  # as the page wrote it
    texts: list[str] | None = None
    kept: list[str] | None = None
    used: bool = False
    fixed: bool = False  # rows go by their numbers, which have no gaps

    def numbered(self) -> list[int]:
        return sorted(key for key in self.inner if isinstance(key, int))

    def walk(self) -> Iterator[_Node]:
        yield self
        for node in self.inner.values():
            yield from node.walk()


class RawSource:
    """The names and texts of a submitted page. Row numbers may have gaps; rows count by their order."""

    strict = False

    def __init__(self, raw: Mapping[str, list[str]]) -> None:
        self.root = _Node()
        self.unreadable: list[str] = []
        for name, texts in raw.items():
            kept = name.startswith(KEPT)
            if not kept and (name.startswith("_") or name == "csrf_token"):
                continue
            self.add(name, name.removeprefix(KEPT), list(texts), kept)

    def add(self, name: str, bare: str, texts: list[str], kept: bool) -> None:
        path = parse_name(bare)
        if path is None:
            self.unreadable.append(name)
            return
        node = self.root
        for segment in path:
            node = node.inner.setdefault(segment, _Node())
        if kept:
            node.kept = texts
        else:
            node.name, node.texts = name, texts

    def node(self, path: Path) -> _Node | None:
        node = self.root
        for segment in path:
            if isinstance(segment, int):
                numbers = node.numbered()
                if not node.fixed:
                    if segment >= len(numbers):
                        return None
                    segment = numbers[segment]
            if segment not in node.inner:
                return None
            node = node.inner[segment]
        return node

    def given(self, path: Path) -> object:
        node = self.node(path)
        if node is None:
            return ABSENT
        node.used = True
        texts = node.texts if node.texts is not None else node.kept
        return ABSENT if texts is None else texts

    def rows(self, path: Path, before: int, fixed: int | None) -> list[int | None] | None:
        node = self.node(path)
        if node is not None and fixed is not None:
            node.fixed = True
        if fixed is not None or self.given(path) is ABSENT:
            return None
        origins: list[int | None] = []
        for index in range(len(node.numbered()) if node else 0):
            given = self.given((*path, index))
            mark = given[-1] if isinstance(given, list) and given else ""
            origin = int(mark) if mark.isdecimal() and mark.isascii() and len(mark) < 7 else None
            origins.append(origin if origin is not None and origin < before and origin not in origins else None)
        if len(origins) > ROWS:
            raise Invalid("too_many_rows", limit=ROWS)
        return origins

    def convert(self, component: Component, given: object, setting: Setting) -> Json:
        return values.from_texts(component, given if isinstance(given, list) else [], setting)

    def unknown(self) -> list[str]:
        return self.unreadable + [node.name for node in self.root.walk() if node.texts is not None and not node.used]


class JsonSource:
    """The values of a program, nested as the form's keys and paths are. Row i is the row i that was there before."""

    strict = True

    def __init__(self, given: Mapping[str, Json]) -> None:
        self.root = given
        self.used: set[Path] = set()

    def given(self, path: Path) -> object:
        self.used.add(path)
        found: object = self.root
        for segment in path:
            if isinstance(segment, int):
                if not isinstance(found, list) or segment >= len(found):
                    return ABSENT
                found = found[segment]
            elif isinstance(found, Mapping) and segment in found:
                found = found[segment]
            else:
                return ABSENT
        return found

    def rows(self, path: Path, before: int, fixed: int | None) -> list[int | None] | None:
        given = self.given(path)
        if given is ABSENT or given is None:
            return None
        if not isinstance(given, list) or not all(isinstance(row, dict) for row in given):
            raise Invalid("not_a_list")
        if len(given) > ROWS:
            raise Invalid("too_many_rows", limit=ROWS)
        if fixed is not None and len(given) != fixed:
            raise Invalid("rows_fixed", count=fixed)
        self.used.discard(path)  # each cell has to be asked for; the list as a whole covers none
        return [index if index < before else None for index in range(len(given))]

    def convert(self, component: Component, given: object, setting: Setting) -> Json:
        return values.from_json(component, given, setting)  # type: ignore[arg-type]

    def unknown(self) -> list[str]:
        return [html_name(path) for path in self._leaves((), self.root)]

    def _leaves(self, path: Path, value: object) -> Iterator[Path]:
        if path in self.used:
            return
        if isinstance(value, Mapping) and (value or not path):
            for key, inner in value.items():
                yield from self._leaves((*path, str(key)), inner)
        elif isinstance(value, list) and value and any(isinstance(row, Mapping) for row in value):
            for index, inner in enumerate(value):
                yield from self._leaves((*path, index), inner)
        elif not (path and isinstance(path[-1], int) and value == {}) and value != []:
            yield path
