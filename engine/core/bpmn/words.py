"""Facts that are themselves catalogue entries, so that a sentence can name a thing in its own language."""

from __future__ import annotations

from engine.texts import LANGUAGES, text


class Words(str):
    """A catalogue entry as a fact: a template chooses its language with `{what:zh}` or `{what:en}`; as plain text it is Chinese."""

    key: str
    facts: dict[str, object]

    def __new__(cls, key: str, /, **facts: object) -> Words:
        words = super().__new__(cls, text(key, "zh", **facts))
        words.key = key
        words.facts = facts
        return words

    def __format__(self, language: str) -> str:
        return text(self.key, language if language in LANGUAGES else "zh", **self.facts)
