from __future__ import annotations

import pytest

from engine.tables.store import Store
from tests.access.world import World, populate
from tests.verbs.running import Clock


@pytest.fixture
def world(store: Store, clock: Clock) -> World:
    return populate(store, clock)


@pytest.fixture
def any_world(any_store: Store, clock: Clock) -> World:
    return populate(any_store, clock)
