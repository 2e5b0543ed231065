"""Every sentence that a page asks for is there."""

import re
from pathlib import Path

import pytest

from engine.texts import catalogue

WEBAPP = Path(__file__).parent.parent.parent / "webapp"
FILES = sorted([*WEBAPP.glob("*.py"), *WEBAPP.glob("templates/**/*.html")])
KEY = re.compile(r"""\bt\(\s*["']([a-z0-9_.]+)["']\s*[,)]""")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_catalogue_has_what_is_asked_for(file):
    asked = set(KEY.findall(file.read_text("utf-8")))
    assert not asked - catalogue("zh").keys()
