"""Markdown of text components as HTML: no raw HTML, no pictures, only links that cannot run anything.

Headings move one level down, because the page has the first level for its own title.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

_LINK = re.compile(r"(https?:|mailto:|tel:|/(?!/)|#)", re.IGNORECASE)
_SPECIAL = re.compile(r"([!-/:-@\[-`{-~])")


def to_html(markdown: str) -> str:
    """Safe HTML, whatever the text holds."""
    return str(_renderer().render(markdown))


def escape(value: str) -> str:
    """A value as plain text inside Markdown: what a person typed must not become a link or a heading."""
    return "\\\n".join(_SPECIAL.sub(r"\\\1", line.strip()) for line in value.strip().splitlines())


@cache
def _renderer() -> MarkdownIt:
    renderer = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")
    renderer.validateLink = lambda url: _LINK.match(url) is not None  # type: ignore[method-assign]
    renderer.add_render_rule("heading_open", _heading)
    renderer.add_render_rule("heading_close", _heading)
    renderer.add_render_rule("link_open", _outward)
    return renderer


def _heading(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    level = min(int(tokens[index].tag[1]) + 1, 6)
    return f"<h{level}>" if tokens[index].nesting == 1 else f"</h{level}>\n"


def _outward(self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    tokens[index].attrSet("rel", "noopener noreferrer")
    return self.renderToken(tokens, index, options, env)
