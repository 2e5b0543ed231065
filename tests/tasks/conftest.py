from tests.access.conftest import any_world, populated_database, world

__all__ = ["any_world", "populated_database", "world"]
