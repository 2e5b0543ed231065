"""Context functions. Source: DMN 1.4 §10.3.4.10, Table 81."""
from __future__ import annotations

from ..budget import Run
from ..errors import Null
from ..values import kind_of
from .registry import builtin


@builtin("get value", "m: context", "key: string")
def get_value(run: Run, m: dict[str, object], key: str) -> object:
    if key not in m:
        raise Null("no_such_entry", name=key)
    return m[key]


@builtin("get value", "context: context", "keys: list")
def get_value_at(run: Run, context: dict[str, object], keys: list[object]) -> object:
    value: object = context
    for key in keys:
        if type(value) is not dict or type(key) is not str or key not in value:
            raise Null("no_such_entry", name=key)
        value = value[key]
    return value


@builtin("get entries", "m: context")
def get_entries(run: Run, m: dict[str, object]) -> list[object]:
    return [{"key": key, "value": value} for key, value in m.items()]


@builtin("context", "entries: list")
def context(run: Run, entries: list[object]) -> dict[str, object]:
    result: dict[str, object] = {}
    for entry in entries:
        if type(entry) is not dict or type(entry.get("key")) is not str or "value" not in entry:
            raise Null("bad_entry")
        key = entry["key"]
        if key in result:
            raise Null("duplicate_entry", name=key)
        result[key] = entry["value"]
    return result


@builtin("context put", "context: context", "key: string", "value: any")
def context_put(run: Run, context: dict[str, object], key: str, value: object) -> dict[str, object]:
    return {**context, key: value}


@builtin("context put", "context: context", "keys: list", "value: any")
def context_put_at(run: Run, context: dict[str, object], keys: list[object], value: object) -> dict[str, object]:
    if not keys or any(type(key) is not str for key in keys):
        raise Null("bad_argument", function="context put(context, keys, value)", types="list")
    run.spend(len(keys))
    return _put(context, keys, 0, value)


def _put(context: dict[str, object], keys: list[object], depth: int, value: object) -> dict[str, object]:
    if depth > 40:
        raise Null("bad_argument", function="context put(context, keys, value)", types="list")
    key = str(keys[depth])
    if depth + 1 == len(keys):
        return {**context, key: value}
    inner = context.get(key)
    if type(inner) is not dict:
        raise Null("bad_argument", function="context put(context, keys, value)", types=kind_of(inner))
    return {**context, key: _put(inner, keys, depth + 1, value)}


@builtin("context merge", "contexts: list")
def context_merge(run: Run, contexts: list[object]) -> dict[str, object]:
    result: dict[str, object] = {}
    for item in contexts:
        if type(item) is not dict:
            raise Null("bad_argument", function="context merge(contexts)", types=kind_of(item))
        run.grow(len(item))
        result.update(item)
    return result


@builtin("context merge", "context: context", "contexts...: context")
def context_merge_each(run: Run, *contexts: object) -> dict[str, object]:
    return context_merge(run, list(contexts))
