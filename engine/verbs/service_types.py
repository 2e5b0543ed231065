"""The types of service tasks that are done here; the functions behind them are `handlers.HANDLERS`. Others wait for workers outside."""

from __future__ import annotations

from collections.abc import Mapping

TYPES = frozenset({"notify", "statistics", "case count", "evaluate conditions", "record", "list enterprises", "sample enterprises"})

# What a task of type `record` may write, by its header `record`; its header `fields` names some of these.
COLUMNS = ("contact", "phone", "address")
ATTRIBUTES = ("kind", "channel", "channel_note", "production", "last_visit", "next_visit")
RECORDS: Mapping[str, frozenset[str]] = {"enterprise": frozenset({*COLUMNS, *ATTRIBUTES}), "cadre": frozenset({"person"})}
