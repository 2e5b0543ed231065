"""Ids of instances: opaque and unique, but growing with time, so that what belongs together lies together in every index."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def growing(now: datetime) -> str:
    """32 hexadecimal digits: 12 of milliseconds since 1970, 20 at random."""
    milliseconds = int((now - _EPOCH).total_seconds() * 1000)
    return f"{max(0, milliseconds):012x}{secrets.randbits(80):020x}"
