"""Text in a drawing: broken into lines without a browser, by the width that Chinese and Latin characters have on average."""

from __future__ import annotations

import re
from unicodedata import east_asian_width
from xml.sax.saxutils import escape

FONT = 12.0  # px
LINE = 15.0  # px from one base line to the next
_PIECES = re.compile(r"[A-Za-z0-9_.\-/]+|\s+|.", re.DOTALL)
_NOT_FIRST = "，。、；：？！）》”’〉】,.;:?!)%"


def width(text: str) -> float:
    """Estimated px at the font size of a label; Chinese characters are square."""
    return sum(FONT if east_asian_width(char) in "WF" else FONT * 0.56 for char in text)


def wrap(text: str, limit: float, rows: int) -> list[str]:
    """`text` in at most `rows` lines of at most `limit` px; what does not fit ends in an ellipsis. No line begins with a stop."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for piece in _pieces(paragraph, limit):
            if line and width(line + piece.rstrip()) > limit and piece not in _NOT_FIRST:
                lines.append(line.rstrip())
                line = piece.lstrip()
            else:
                line += piece
        lines.append(line.rstrip())
        if len(lines) > rows:
            break
    if len(lines) > rows:
        lines = lines[:rows]
        lines[-1] = lines[-1][:-1] + "…" if width(lines[-1]) + FONT > limit else lines[-1] + "…"
    return [line for line in lines if line]


def block(text: str, x: float, y: float, limit: float, rows: int, anchor: str = "middle", middle: bool = True) -> str:
    """An SVG text around (x, y): vertically centred there, or beginning below it."""
    lines = wrap(text, limit, rows)
    if not lines:
        return ""
    top = y - LINE * len(lines) / 2 if middle else y
    spans = "".join(
        f'<tspan x="{number(x)}" y="{number(top + LINE * index + FONT * 0.95)}">{escape(line)}</tspan>'
        for index, line in enumerate(lines)
    )
    return f'<text class="label" text-anchor="{anchor}" fill="currentColor" stroke="none" font-size="{FONT:g}">{spans}</text>'


def number(value: float) -> str:
    """Two decimals at most, none if none are needed."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _pieces(paragraph: str, limit: float) -> list[str]:
    found: list[str] = []
    for piece in _PIECES.findall(paragraph):
        # A word that is wider than the box is broken; so is one nobody would want to read in one line.
        found += [piece] if width(piece) <= limit else list(piece)
    return found
