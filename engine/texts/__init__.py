"""Sentences, one per code and language: code has keys, catalogues have sentences.

A catalogue is every JSON file of `<language>/` beside this module, merged; keys are stable codes, values are
`str.format` templates. The web adds its own folder with `add_catalogue`.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

LANGUAGES = ("zh", "en")
_folders = [Path(__file__).parent]


def add_catalogue(folder: Path) -> None:
    """Merge another folder with `zh/*.json` and `en/*.json` into the catalogues; calling it twice changes nothing."""
    if folder not in _folders:
        _folders.append(folder)
        catalogue.cache_clear()


@cache
def catalogue(language: str) -> dict[str, str]:
    """All sentences of one language (`"zh"` or `"en"`) by key. A key defined twice is an error, not a silent choice."""
    merged: dict[str, str] = {}
    for folder in _folders:
        for file in sorted((folder / language).glob("*.json")):
            for key, sentence in json.loads(file.read_text("utf-8")).items():
                if key in merged:
                    raise ValueError(f"{file}: {key} is defined twice")
                merged[key] = sentence
    return merged


class _Facts(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "—"


def text(code: str, language: str = "zh", /, **facts: object) -> str:
    """The sentence for `code` with `facts` filled in. An unknown code shows itself, so that nothing is swallowed."""
    sentence = catalogue(language).get(code)
    if sentence is None:
        return code if not facts else f"{code} {facts}"
    return sentence.format_map(_Facts(facts))
