"""Kinds of people in words."""

from __future__ import annotations

from webapp.texts import t


def kind(word: str) -> str:
    return t(f"kind.{word}")
