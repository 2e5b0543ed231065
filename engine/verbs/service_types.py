"""The types of service tasks that are done here; the functions behind them are `handlers.HANDLERS`. Others wait for workers outside."""

TYPES = frozenset({"notify", "statistics", "case count", "evaluate conditions"})
