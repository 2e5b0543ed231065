"""Process variables in scopes: instance → sub-process, multi-instance item, call activity → task-local.

Variables live outside the token tree, so two branches that set different names never overwrite each other and an item's own
variables end with it. Source of the rules: Camunda 8 variable scopes and propagation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from engine.core.runtime.step import Elements, Json, RestNeeded, VariableChange, Variables


class Scopes:
    """The variables of one instance during one step, with a record of what changed.

    `chain(scope)` gives the ids from a scope outwards to the root that ends its sight (the instance or a called process).
    """

    def __init__(self, values: Mapping[str, Variables], chain: Callable[[str], Iterator[str]]) -> None:
        self._values: dict[str, Variables] = {scope: dict(variables) for scope, variables in values.items()}
        self._stored = {(scope, name) for scope, variables in values.items() for name in variables}
        self._chain = chain
        self._changes: dict[tuple[str, str], VariableChange] = {}
        self.touched: set[str] = set()  # names changed since the last look of conditional events

    def view(self, scope: str, extra: Mapping[str, object] | None = None) -> View:
        """What an expression in `scope` sees, innermost first; `extra` (host functions) comes last."""
        layers: list[Mapping[str, object]] = [self._values[id_] for id_ in self._chain(scope) if id_ in self._values]
        if extra is not None:
            layers.append(extra)
        return View(layers)

    def local(self, scope: str) -> Variables:
        """The variables of exactly this scope."""
        return self._values.get(scope, {})

    def set_local(self, scope: str, name: str, value: Json) -> None:
        own = self._values.setdefault(scope, {})
        if isinstance(own.get(name), Elements) and not isinstance(value, Elements):
            raise RestNeeded  # what is replaced must be known, so that it can be removed
        own[name] = value
        self._changes[scope, name] = VariableChange(scope, name, value)
        self.touched.add(name)

    def propagate(self, scope: str, name: str, value: Json) -> None:
        """Set `name` in the nearest scope that has it, else in the root of `scope`'s chain."""
        target = scope
        for target in self._chain(scope):
            if name in self._values.get(target, ()):
                break
        self.set_local(target, name, value)

    def remove(self, scope: str, name: str) -> None:
        if self._values.get(scope, {}).pop(name, _MISSING) is not _MISSING:
            self._forget(scope, name)

    def close(self, scope: str) -> None:
        """The scope has ended: its variables are gone."""
        for name in self._values.pop(scope, {}):
            self._forget(scope, name)

    def _forget(self, scope: str, name: str) -> None:
        if (scope, name) in self._stored:
            self._changes[scope, name] = VariableChange(scope, name, deleted=True)
        else:
            self._changes.pop((scope, name), None)

    @property
    def values(self) -> dict[str, Variables]:
        return {scope: variables for scope, variables in self._values.items() if variables}

    @property
    def changes(self) -> tuple[VariableChange, ...]:
        return tuple(self._changes.values())


_MISSING = object()


class View(Mapping[str, object]):
    """Layers of variables seen as one mapping, innermost first. Cheap to make, never copied."""

    __slots__ = ("_layers",)

    def __init__(self, layers: list[Mapping[str, object]]) -> None:
        self._layers = layers

    def __getitem__(self, name: str) -> object:
        for layer in self._layers:
            if name in layer:
                value = layer[name]
                if value.__class__ is Elements:
                    raise RestNeeded
                return value
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return any(name in layer for layer in self._layers)

    def __iter__(self) -> Iterator[str]:
        return iter({name: None for layer in self._layers for name in layer})

    def __len__(self) -> int:
        return len({name for layer in self._layers for name in layer})

    def over(self, layer: Mapping[str, object]) -> View:
        """This view behind one more, inner layer."""
        return View([layer, *self._layers])
