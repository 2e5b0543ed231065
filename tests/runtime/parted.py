"""The same instance as in `Trial`, but kept in parts between steps, as the verbs keep it: a step is given the core and the item it is
addressed to, and the whole state only if it asks for it.
"""

from __future__ import annotations

from typing import Any

from engine.core.runtime.advance import advance
from engine.core.runtime.items import Item, joined, split, way_to, whole
from engine.core.runtime.step import Json, RestNeeded, State, Step, Stimulus
from engine.core.trial import Trial


class PartedTrial(Trial):
    """Every step is made twice, from the parts and from the whole state, and must come to the same."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.core: State | None = None
        self.items: dict[str, Item] = {}
        self.elements: dict[str, dict[int, Json]] = {}
        self.wholes = 0  # steps for which the whole state was needed

    def take_over(self, state: State) -> None:
        """Go on from a state that somebody else has made."""
        self._state = self.core = state

    def _advance(self, stimulus: Stimulus) -> Step:
        expected = advance(self.library, self._state, stimulus, self.now)
        if self.core is None:
            self._keep(expected.state, {}, is_whole=True)
            return expected
        address = next((value for value in vars(stimulus).values() if isinstance(value, str)), "")
        loaded = {id_: self.items[id_] for id_ in way_to(self.core.instance_id, address) if id_ in self.items}
        try:
            step, is_whole = advance(self.library, joined(self.core, loaded.values()), stimulus, self.now), False
        except RestNeeded:
            self.wholes += 1
            loaded, is_whole = dict(self.items), True
            before = whole(self.core, self.items.values(), self.elements)
            assert before == self._state
            step = advance(self.library, before, stimulus, self.now)
        assert (step.history, step.effects, step.labels, step.unfinished) == (
            expected.history, expected.effects, expected.labels, expected.unfinished,
        )  # fmt: skip
        self._keep(step.state, loaded, is_whole=is_whole)
        assert whole(self.core, self.items.values(), self.elements) == expected.state
        assert self.core.absent or not (self.items or self.elements)
        return expected

    def _keep(self, state: State, loaded: dict[str, Item], *, is_whole: bool) -> None:
        parts = split(state)
        self.core = parts.core
        self.items = {id_: item for id_, item in self.items.items() if id_ not in loaded} | dict(parts.items)
        known = {} if is_whole else self.elements
        self.elements = known | {body: {**known.get(body, {}), **elements} for body, elements in parts.elements.items()}
