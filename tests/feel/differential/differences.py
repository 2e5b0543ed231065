"""Which differences are explained: the table in differences.md, and what is the same value written in another way."""
from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from math import isclose
from pathlib import Path

from engine.feel.temporal import parse_any
from engine.feel.values import DaysTimeDuration, YearsMonthsDuration

TABLE = Path(__file__).parent / "differences.md"
_ZERO = re.compile(r"(\.\d*?)0+(?=[Z+-]|$)")


@dataclass(frozen=True)
class Difference:
    """A class of differences: the section that decides it, and what question and answers of this class look like."""

    name: str
    section: str
    question: re.Pattern[str]
    ours: re.Pattern[str]
    theirs: re.Pattern[str]

    def explains(self, text: str, ours: object, theirs: object) -> bool:
        return bool(self.question.search(text) and self.ours.fullmatch(repr(ours)) and self.theirs.fullmatch(repr(theirs)))


def differences() -> list[Difference]:
    """The rows of the table, in its order. A pattern of the table is between backticks; `\\|` stands for `|` in it."""
    found = []
    for line in TABLE.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 6 and cells[2].startswith("`"):
            question, ours, theirs = (re.compile(cell.strip("`").replace("\\|", "|"), re.DOTALL) for cell in cells[2:5])
            found.append(Difference(cells[0], cells[1], question, ours, theirs))
    return found


def same(ours: object, theirs: object) -> bool:
    """Whether two answers are one value: they write dates and durations in another way and count in binary numbers."""
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(same(value, theirs[key]) for key, value in ours.items())
    if isinstance(ours, bool) or isinstance(theirs, bool):
        return ours is theirs
    if isinstance(ours, int | float) and isinstance(theirs, int | float):
        return isclose(ours, theirs, rel_tol=1e-12, abs_tol=1e-12)
    if isinstance(ours, str) and isinstance(theirs, str):
        return ours == theirs or _temporal(ours, theirs)
    return ours == theirs


def _temporal(ours: str, theirs: str) -> bool:
    mine = parse_any(ours)
    if isinstance(mine, DaysTimeDuration | YearsMonthsDuration):
        return _duration(theirs) == mine
    his = parse_any(_ZERO.sub(lambda found: found[1].rstrip(".0"), theirs))
    if not isinstance(his, datetime) or mine is None:
        return False
    if isinstance(mine, datetime):
        # Where there is no zone they show the zone of the machine.
        return his.replace(tzinfo=None) == mine.replace(tzinfo=None) and (mine.tzinfo is None or his.utcoffset() == mine.utcoffset())
    if isinstance(mine, date):
        return his.date() == mine and his.time().replace(tzinfo=None) == time()
    return isinstance(mine, time) and his.time() == mine.replace(tzinfo=None) and (mine.tzinfo is None or his.utcoffset() == mine.utcoffset())


def _duration(text: str) -> object:
    """Their durations carry the sign in each part: `PT-5M`."""
    parts = re.findall(r"-?[\d.]+", text)
    if parts and all(part.startswith("-") for part in parts):
        text = "-" + text.replace("-", "")
    return parse_any(text) if "-" not in text[1:] else None
