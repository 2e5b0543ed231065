"""Compares engine.feel with the npm package that is inside the stock modelling tools. For development only.

    python -m tests.feel.differential.compare FOLDER [PACKAGE [COUNT [SEED]]]

FOLDER holds node_modules with PACKAGE ("feelin" or "@bpmn-io/feelin"). Every row of the test tables, and COUNT random
expressions, are evaluated by both; those with different values are printed. Where they differ, the standard decides; docs/feel.md says which way we went.
"""
from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from .. import test_functions, test_language, test_reference
from ..tables import test_of, value_of
from .expressions import SCOPE, expressions

SCRIPT = Path(__file__).parent / "feelin.mjs"


def questions() -> list[dict[str, object]]:
    """All rows of the tables as questions to both."""
    rows: list[dict[str, object]] = []
    for module in (test_language, test_functions):
        for name, table in vars(module).items():
            if name.isupper() and isinstance(table, list) and name != "UNARY":
                rows += [{"kind": "expression", "text": row[0], "scope": test_language.SCOPE} for row in table]
    rows += [{"kind": "expression", "text": text, "scope": {}} for text, _ in test_reference.EXAMPLES]
    rows += [{"kind": "unary", "text": text, "value": value, "scope": {"limit": 10, "list": [7, 8]}} for text, value, _ in test_language.UNARY]
    return rows


def ours(question: dict[str, object]) -> object:
    text, scope = str(question["text"]), question["scope"]
    assert isinstance(scope, dict)
    return test_of(text, question["value"], scope) if question["kind"] == "unary" else value_of(text, scope, scope)


def theirs(rows: list[dict[str, object]], folder: str, package: str) -> list[dict[str, object]]:
    """Their answers. A question that ends the process or takes too long is answered with an error, and the rest asked anew."""
    answers: list[dict[str, object]] = []
    while len(answers) < len(rows):
        lines = "\n".join(json.dumps(row) for row in rows[len(answers):])
        command = ["node", "--max-old-space-size=256", str(SCRIPT)]
        try:
            out = subprocess.run(command, input=lines, capture_output=True, text=True, cwd=folder, env={**os.environ, "FEELIN": package}, timeout=40).stdout
        except subprocess.TimeoutExpired as late:
            out = (late.stdout or b"").decode()  # type: ignore[union-attr]
        answers += [json.loads(line) for line in out.splitlines()]
        if len(answers) < len(rows):
            answers.append({"error": "no answer"})
    return answers


def main(folder: str, package: str = "feelin", count: str = "0", seed: str = "1") -> None:
    rows = questions() if count == "0" else [
        {"kind": "expression", "text": text, "scope": SCOPE} for text in expressions(int(count), int(seed))]
    same = 0
    for question, answer in zip(rows, theirs(rows, folder, package), strict=True):
        mine = ours(question)
        if "value" in answer and mine == answer["value"]:
            same += 1
        else:
            print(f"{question['text']!r} {question.get('value', '')}: ours {mine!r}, theirs {answer.get('value', answer.get('error'))!r}")
    print(f"{same} of {len(rows)} the same")


if __name__ == "__main__":
    main(*sys.argv[1:])
