"""What a page draws: a form as a tree of plain values, with no question left for the templates to answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from engine.core.forms.model import Attachment, FieldError, Json


@dataclass(frozen=True)
class Choice:
    value: str
    label: str
    selected: bool


@dataclass(frozen=True)
class Hint:
    """A sentence of ours under a field: what may be typed. `code` of the catalogue."""

    code: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Part:
    """One visible component. `name` and `id` are those of its control, "" where there is none.

    `texts`: exactly as typed, else as the variable or the default has it. `display`: the same for people, where the field is
    read-only. `span`: columns of 16. `refresh`: a change alters other parts. `sought`: words that the choices were looked for by, None
    where all choices are shown.
    """

    kind: str
    name: str = ""
    id: str = ""
    label: str = ""
    description: str = ""
    texts: tuple[str, ...] = ()
    display: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    sought: str | None = None
    files: tuple[Attachment, ...] = ()
    required: bool = False
    readonly: bool = False
    disabled: bool = False
    error: FieldError | None = None
    hints: tuple[Hint, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""
    suffix: str = ""
    span: int = 16
    refresh: bool = False
    html: str = ""  # safe; of a text component
    lines: tuple[Line, ...] = ()  # of a group
    rows: tuple[ListRow, ...] = ()  # of a dynamic list
    open_rows: int = 0  # how many of `rows` are shown without unfolding
    outlined: bool = False
    align: str = "start"
    changeable: bool = False  # rows may be added and removed
    table: Table | None = None
    properties: Mapping[str, Json] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return self.texts[-1] if self.texts else ""


@dataclass(frozen=True)
class Line:
    """Parts side by side on a wide screen."""

    parts: tuple[Part, ...]


@dataclass(frozen=True)
class ListRow:
    """One row of a dynamic list. `origin`: its number in the stored list, "" for a new one."""

    name: str
    id: str
    number: int
    origin: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Table:
    """`size`: rows shown at a time, the rest folded away; None shows all."""

    labels: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    size: int | None


@dataclass(frozen=True)
class Fault:
    """One line of the error summary; `id` "" if there is nothing to link to."""

    id: str
    error: FieldError


@dataclass(frozen=True)
class View:
    """A form ready to be drawn. `kept`: name and text of what was typed into fields that are hidden now.

    `judged`: errors of a submission are being mended; `announce`: they are new and should be read out.
    """

    form_id: str
    lines: tuple[Line, ...]
    faults: tuple[Fault, ...] = ()
    kept: tuple[tuple[str, str], ...] = ()
    read_only: bool = False
    refreshes: bool = False
    uploads: bool = False
    judged: bool = False
    announce: bool = False

    def walk(self) -> Iterator[Part]:
        """Every part, those of groups and rows included."""
        return _walk(self.lines)


def _walk(lines: Sequence[Line]) -> Iterator[Part]:
    for line in lines:
        for part in line.parts:
            yield part
            yield from _walk(part.lines)
            for row in part.rows:
                yield from _walk(row.lines)
