"""`validate.pattern`: regular expressions of form-js, matched in time linear in the input.

RE2 is used because a backtracking engine can be made to hang by what a person types. Its character classes are those of
ECMAScript (ASCII `\\d` and `\\w`); look-around and back-references, which it cannot have, are refused at deployment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import re2

LENGTH = 500
_UNICODE = re.compile(r"(?<!\\)((?:\\\\)*)\\u(?:\{([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{4}))")


class PatternInvalid(Exception):
    """`reason` is RE2's own word, in English."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Pattern:
    """A compiled pattern; `text` as the owner wrote it."""

    text: str
    compiled: object

    def fits(self, value: str) -> bool:
        """True if the pattern is found anywhere in `value`, as in form-js."""
        return self.compiled.search(value) is not None  # type: ignore[attr-defined]


def compile_pattern(text: str) -> Pattern:
    """Raises PatternInvalid."""
    if len(text) > LENGTH:
        raise PatternInvalid(f"longer than {LENGTH} characters")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    translated = _UNICODE.sub(lambda match: f"{match.group(1)}\\x{{{match.group(2) or match.group(3)}}}", text)
    translated = translated.replace(r"\/", "/")  # ECMAScript literals escape the slash
    try:
        return Pattern(text, re2.compile(translated, options))
    except re2.error as error:
        reason = error.args[0]
        raise PatternInvalid(reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)) from None
