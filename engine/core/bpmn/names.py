"""Names that a variable may have."""

from __future__ import annotations

import re

# Written by the engine itself, or words of FEEL; a mapping to them would be lost or never readable.
RESERVED_NAMES = frozenset(
    "deadline loopCounter numberOfInstances numberOfActiveInstances numberOfCompletedInstances numberOfTerminatedInstances"
    " if then else for in return some every satisfies and or not between true false null function instance of".split()
)
_NAME = re.compile(r"[^\W\d]\w{0,99}")


def is_variable(name: str) -> bool:
    """A name that can be written and read without quotes: letters (汉字 too), digits and _, not beginning with a digit."""
    return _NAME.fullmatch(name) is not None
