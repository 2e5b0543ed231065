"""The templates with their fixed sentences already in place, compiled once for each language.

`{{ t("inbox.title") }}` says the same on every page of a language, so it is filled in before the template is compiled: a page has
dozens of them, and looking each one up and escaping it took as long as the database. A sentence with facts is put together when
the page is made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, MutableMapping
from pathlib import PurePosixPath
from typing import Any

from flask import Flask
from flask.templating import DispatchingJinjaLoader, Environment
from jinja2 import Template
from jinja2.ext import Extension
from markupsafe import escape

from engine.texts import catalogue
from webapp import texts

_SENTENCE = re.compile(r"""\{\{ t\((["'])([\w.]+)\1\) \}\}""")


class _Fixed(Extension):
    """Fills in the sentences that need no facts. A template's name begins with its language."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        if name is None:  # a template out of a string: in no language yet
            return source
        sentences = catalogue(PurePosixPath(name).parts[0])
        return _SENTENCE.sub(lambda found: _in_place(found[0], sentences.get(found[2])), source)


def _in_place(asked: str, sentence: str | None) -> str:
    """The sentence as HTML; what is unknown, or could be read as facts or as a template, is left to be said later."""
    return asked if sentence is None or "{" in sentence else str(escape(sentence))


class InLanguages(Environment):
    """Looks for `base.html` as `zh/base.html`, in the reader's language; what a template extends or imports is in its own."""

    def __init__(self, app: Flask, **options: Any) -> None:
        super().__init__(app, **options)
        self.loader = _AnyLanguage(app)
        self.add_extension(_Fixed)

    def get_template(
        self, name: str | Template, parent: str | None = None, globals: MutableMapping[str, Any] | None = None
    ) -> Template:  # fmt: skip
        if isinstance(name, str) and parent is None:
            name = f"{texts.language()}/{name}"
        return super().get_template(name, parent, globals)

    def join_path(self, template: str, parent: str) -> str:
        return f"{PurePosixPath(parent).parts[0]}/{template}"


class _AnyLanguage(DispatchingJinjaLoader):
    """One file for all languages."""

    def get_source(self, environment: Any, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        return super().get_source(environment, template.partition("/")[2])
