"""How the web server is set up: read once from the environment when it starts."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

MEGABYTE = 1024 * 1024


class SettingsRefused(ValueError):
    """A setting that would make a production server unsafe: `code`, the sentence is `cli.<code>`."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True)
class Settings:
    """`secret` signs the session cookie. `production` asks for https: secure cookies and HSTS, no demonstration accounts.

    `largest_request` in bytes bounds every upload; `refused_sign_ins` is how many an address has in a minute. `proxies` is the number
    of trusted proxies in front whose X-Forwarded-* headers count.
    """

    secret: str
    production: bool = False
    largest_request: int = 30 * MEGABYTE
    refused_sign_ins: int = 20
    proxies: int = 0


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """ZHUQI_SECRET, ZHUQI_PRODUCTION, ZHUQI_PROXIES. Raises SettingsRefused for production with no or a short secret.

    Without a secret outside production a random one is made: sessions then end with the process.
    """
    production = environment.get("ZHUQI_PRODUCTION", "") in {"1", "true", "yes"}
    secret = environment.get("ZHUQI_SECRET", "")
    if production and len(secret) < 32:
        raise SettingsRefused("secret_too_short")
    return Settings(
        secret=secret or secrets.token_hex(32), production=production, proxies=int(environment.get("ZHUQI_PROXIES", "0") or 0)
    )
