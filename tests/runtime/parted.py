"""The same instance as in `Trial`, but kept in parts between steps, as the verbs keep it: a step is given the core and the item it is
addressed to, and the whole state only if it asks for it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from engine.core.runtime.advance import advance
from engine.core.runtime.items import Item, joined, split, way_to, whole
from engine.core.runtime.step import Json, RestNeeded, State, Step, StepRefused, Stimulus
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
        if self.core is None:
            first = advance(self.library, self._state, stimulus, self.now)
            self._keep(first.state, {}, is_whole=True)
            return first
        try:
            expected = advance(self.library, self._state, stimulus, self.now)
        except StepRefused as refused:
            with pytest.raises(StepRefused, match=refused.code):
                self._from_parts(self.core, stimulus)
            raise
        step, loaded, is_whole = self._from_parts(self.core, stimulus)
        assert replace(step, state=expected.state, variables=expected.variables) == expected
        self._keep(step.state, loaded, is_whole=is_whole)
        assert whole(self.core, self.items.values(), self.elements) == expected.state
        assert self.core.absent or not (self.items or self.elements)
        return expected

    def _from_parts(self, core: State, stimulus: Stimulus) -> tuple[Step, dict[str, Item], bool]:
        """The step, what of the items it was made from, and whether that was all."""
        address = next((value for value in vars(stimulus).values() if isinstance(value, str)), "")
        loaded = {id_: self.items[id_] for id_ in way_to(core.instance_id, address) if id_ in self.items}
        try:
            return advance(self.library, joined(core, loaded.values()), stimulus, self.now), loaded, False
        except RestNeeded:
            self.wholes += 1
            before = whole(core, self.items.values(), self.elements)
            assert before == self._state
            return advance(self.library, before, stimulus, self.now), dict(self.items), True

    def _keep(self, state: State, loaded: dict[str, Item], *, is_whole: bool) -> None:
        parts = split(state)
        self.core = parts.core
        self.items = {id_: item for id_, item in self.items.items() if id_ not in loaded} | dict(parts.items)
        known = {} if is_whole else self.elements
        self.elements = known | {body: {**known.get(body, {}), **elements} for body, elements in parts.elements.items()}
