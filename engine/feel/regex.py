"""Patterns in bounded time (first version)."""
from __future__ import annotations

import re

from .budget import Run


def search(pattern: str, flags: str, text: str, run: Run) -> bool:
    return re.search(pattern, text) is not None


def replace(pattern: str, flags: str, text: str, replacement: str, run: Run) -> str:
    return re.sub(pattern, re.sub(r"\$(\d)", r"\\\1", replacement), text)


def split(pattern: str, text: str, run: Run) -> list[str]:
    return re.split(pattern, text)


def find_all(pattern: str, flags: str, text: str, run: Run) -> list[str]:
    return [m[0] for m in re.finditer(pattern, text)]
