"""Texts with FEEL in them, as form-js writes them: `{{name}}`, `{{#if …}}…{{/if}}`, `{{#loop …}}…{{/loop}}`, or `=expression`.

Inside a loop the item's own members are names, beside `this` (the item) and `parent` (the scope around the loop).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from engine import feel
from engine.core.forms.model import Block, Insert, Json, Node, Template
from engine.feel import Expression

DEPTH = 10  # of nested blocks
SIZE = 200_000  # characters of one rendered text
_TAG = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_BLOCK = re.compile(r"#(if|loop)\s+(.+)", re.DOTALL)


class TemplateInvalid(Exception):
    """A template whose tags do not match. `code` without its area."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


def parse_template(text: str) -> Template:
    """Compile `text`. Raises TemplateInvalid, or FeelSyntaxError for an expression inside."""
    if text.startswith("="):
        return Template(text, (), feel.parse(text[1:]))
    nodes, end = _parse_nodes(text, 0, None, 0)
    return Template(text, nodes)


def _parse_nodes(text: str, at: int, inside: str | None, depth: int) -> tuple[tuple[Node, ...], int]:
    """Nodes from `at` to the closing tag of the block `inside` (None: to the end), and the offset behind it."""
    if depth > DEPTH:
        raise TemplateInvalid("template_too_deep")
    nodes: list[Node] = []
    while tag := _TAG.search(text, at):
        if tag.start() > at:
            nodes.append(text[at : tag.start()])
        content = tag.group(1).strip()
        if content.startswith("/"):
            if content[1:].strip() != inside:
                raise TemplateInvalid("template_closing", tag=content)
            return tuple(nodes), tag.end()
        at = tag.end()
        if block := _BLOCK.fullmatch(content):
            inner, at = _parse_nodes(text, at, block.group(1), depth + 1)
            nodes.append(Block(block.group(1), feel.parse(block.group(2)), inner))
        elif content.startswith("#"):
            raise TemplateInvalid("template_unknown_tag", tag=content)
        else:
            nodes.append(Insert(feel.parse(content.removeprefix("="))))
    if inside is not None:
        raise TemplateInvalid("template_open", tag=inside)
    if text[at:]:
        nodes.append(text[at:])
    return tuple(nodes), len(text)


def render(template: Template, scope: Mapping[str, object], now: datetime, escape: Callable[[str], str] = str) -> str:
    """The text for one scope; `escape` is applied to every inserted value, never to the owner's own text."""
    if template.whole:
        return worded(evaluate(template.whole, scope, now))[:SIZE]
    if all(isinstance(node, str) for node in template.nodes):
        return template.text
    parts: list[str] = []
    _render(template.nodes, scope, now, escape, parts, [SIZE])
    return "".join(parts)


def _render(
    nodes: tuple[Node, ...], scope: Mapping[str, object], now: datetime, escape: Callable[[str], str], parts: list[str], left: list[int]
) -> None:
    for node in nodes:
        if left[0] <= 0:
            return
        if isinstance(node, Block):
            found = evaluate(node.expression, scope, now)
            if node.kind == "loop":
                for item in found if isinstance(found, list) else []:
                    left[0] -= 1  # an empty body must not make a long list free
                    _render(node.nodes, _item_scope(item, scope), now, escape, parts, left)
            elif found is True:
                _render(node.nodes, scope, now, escape, parts, left)
            continue
        text = node if isinstance(node, str) else escape(worded(evaluate(node.expression, scope, now)))
        parts.append(text[: left[0]])
        left[0] -= len(text)


def _item_scope(item: Json, scope: Mapping[str, object]) -> dict[str, object]:
    members = item if isinstance(item, dict) else {}
    return {**scope, "this": item, "parent": scope, **members, "_this_": item, "_parent_": scope}


def evaluate(expression: Expression, scope: Mapping[str, object], now: datetime) -> Json:
    """The JSON value of an expression; null when its budget is used up or JSON has no form for it, as for every other failure in FEEL."""
    try:
        return feel.to_json(expression.evaluate(scope, now=now).value)
    except (feel.BudgetExceeded, feel.NotStorable):
        return None


def worded(value: Json) -> str:
    """A value as people read it inside a text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "、".join(worded(item) for item in value)
    if isinstance(value, dict):
        return "，".join(f"{key}：{worded(item)}" for key, item in value.items())
    return str(value)
