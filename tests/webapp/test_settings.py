"""Settings come from the environment, and an unsafe production start is refused."""

import pytest

from webapp.settings import SettingsRefused, from_environment


def test_a_random_secret_serves_outside_production():
    assert from_environment({}).secret != from_environment({}).secret


@pytest.mark.parametrize("secret", ["", "short", "x" * 31])
def test_production_refuses_no_or_a_short_secret(secret):
    with pytest.raises(SettingsRefused):
        from_environment({"ZHUQI_PRODUCTION": "1", "ZHUQI_SECRET": secret})


def test_production_takes_a_long_secret():
    settings = from_environment({"ZHUQI_PRODUCTION": "1", "ZHUQI_SECRET": "x" * 32})
    assert settings.production and settings.secret == "x" * 32
