"""Compares engine.feel with the npm package that is inside the stock modelling tools. For development only; see README.md.

    python -m tests.feel.differential.compare FOLDER [COUNT [SEED]]

FOLDER holds node_modules with @bpmn-io/feelin. Every row of the test tables, COUNT random expressions and COUNT random unary tests
are evaluated by both. Where they differ, the standard decides: each class of differences is a row of differences.md. What no row
explains is printed, and the exit code is 1.
"""
from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from engine.feel import FeelSyntaxError

from .. import test_functions, test_language, test_reference, test_standard
from ..tables import test_of, value_of
from .differences import differences, same
from .expressions import SCOPE, expressions, unary_tests

SCRIPT = Path(__file__).parent / "feelin.mjs"
PACKAGE = "@bpmn-io/feelin"
Question = dict[str, object]


def written() -> list[Question]:
    """All rows of the test tables as questions to both."""
    rows: list[Question] = []
    for module in (test_language, test_functions):
        for name, table in vars(module).items():
            if name.isupper() and isinstance(table, list) and name != "UNARY":
                rows += [{"kind": "expression", "text": row[0], "scope": test_language.SCOPE} for row in table]
    rows += [{"kind": "expression", "text": text, "scope": {}} for text, _ in (*test_reference.EXAMPLES, *test_standard.ZONES, *test_standard.CALLS)]
    rows += [{"kind": "unary", "text": text, "value": value, "scope": {"limit": 10, "list": [7, 8], "nothing": None}} for text, value, _ in test_language.UNARY]
    return rows


def generated(count: int, seed: int) -> list[Question]:
    rows: list[Question] = [{"kind": "expression", "text": text, "scope": SCOPE} for text in expressions(count, seed)]
    return rows + [{"kind": "unary", "text": text, "value": value, "scope": SCOPE} for text, value in unary_tests(count, seed)]


def ours(question: Question) -> object:
    text, scope = str(question["text"]), question["scope"]
    assert isinstance(scope, dict)
    try:
        return test_of(text, question["value"], scope) if question["kind"] == "unary" else value_of(text, scope, scope)
    except FeelSyntaxError as error:
        return f"error: {error.code}"


def theirs(rows: list[Question], folder: str) -> list[object]:
    """Their answers. A question that ends the process or takes too long is answered with an error, and the rest asked anew."""
    answers: list[object] = []
    while len(answers) < len(rows):
        lines = "\n".join(json.dumps(row) for row in rows[len(answers):])
        command = ["node", "--max-old-space-size=256", str(SCRIPT)]
        try:
            out = subprocess.run(command, input=lines, capture_output=True, text=True, cwd=folder, env={**os.environ, "FEELIN": PACKAGE}, timeout=60).stdout
        except subprocess.TimeoutExpired as late:
            out = (late.stdout or b"").decode()  # type: ignore[union-attr]
        found = [json.loads(line) for line in out.splitlines()]
        answers += [answer["value"] if "value" in answer else f"error: {answer['error']}" for answer in found]
        if len(answers) < len(rows):
            answers.append("error: no answer")
    return answers


def main(folder: str, count: str = "2000", seed: str = "1") -> int:
    rows = written() + generated(int(count), int(seed))
    known, explained, unexplained = differences(), Counter[str](), 0
    for question, answer in zip(rows, theirs(rows, folder), strict=True):
        mine, text = ours(question), str(question["text"])
        if same(mine, answer):
            explained["the same"] += 1
            continue
        label = f"{text} <- {json.dumps(question['value'], ensure_ascii=False)}" if question["kind"] == "unary" else text
        reason = next((difference.name for difference in known if difference.explains(label, mine, answer)), None)
        if reason is None:
            unexplained += 1
            print(f"{label!r}: ours {mine!r}, theirs {answer!r}")
        else:
            explained[reason] += 1
    for reason, times in explained.most_common():
        print(f"{times:6} {reason}")
    print(f"{unexplained:6} unexplained, of {len(rows)}")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
