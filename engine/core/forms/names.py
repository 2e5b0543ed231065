"""How places in a form are written: the HTML name of a path, the DOM id of a name, the text of an option's value."""

from __future__ import annotations

import json
import re

from engine.core.forms.model import Json, Path

DEPTH = 60  # segments of one name
_SEGMENT = re.compile(r"([^.\[\]]+)((?:\[\d{1,6}\])*)")


def html_name(path: Path) -> str:
    """`("items", 0, "name")` as `items[0].name`."""
    name = ""
    for segment in path:
        if isinstance(segment, int):
            name += f"[{segment}]"
        else:
            name += f".{segment}" if name else segment
    return name


def parse_name(name: str) -> Path | None:
    """The path of an HTML name; None if it is not one."""
    path: list[str | int] = []
    if name.count(".") + name.count("[") > DEPTH:
        return None
    for part in name.split("."):
        match = _SEGMENT.fullmatch(part)
        if match is None:
            return None
        path.append(match.group(1))
        path.extend(int(index) for index in re.findall(r"\d+", match.group(2)))
    return tuple(path)


def dom_id(name: str) -> str:
    """The id of the control with this HTML name. Keys hold no hyphen, so that ids cannot meet."""
    return "f-" + re.sub(r"[.\[\]]+", "-", name).strip("-")


def static_name(path: Path) -> str:
    """The name of a field whichever row it stands in: `items[].name`."""
    name = ""
    for segment in path:
        if isinstance(segment, int):
            name += "[]"
        else:
            name += f".{segment}" if name else segment
    return name


def option_text(value: Json) -> str:
    """What the page sends for an option: a text is itself, every other value its JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
