"""Small DMN files for tests: a table from rows of texts, a graph from pieces of XML."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from engine.core.calendar import functions, standard
from engine.core.dmn.evaluation import evaluate
from engine.core.dmn.model import DecisionModel
from engine.core.dmn.reader import read
from engine.core.dmn.record import DecisionResult
from engine.core.problems import Problem

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
TABLES = Path(__file__).parent / "tables"
FUNCTIONS = functions(standard())


def document(body: str, namespace: str = "https://www.omg.org/spec/DMN/20191111/MODEL/", attributes: str = "") -> bytes:
    """A definitions element around `body`."""
    return f'<definitions xmlns="{namespace}" id="model" name="Model" namespace="test" {attributes}>{body}</definitions>'.encode()


def table(
    inputs: Sequence[tuple[str, str]],
    outputs: Sequence[tuple[str, str]],
    rules: Sequence[Sequence[str]],
    policy: str = "UNIQUE",
    *,
    values: str = "",
    default: str = "",
    allowed: str = "",
) -> str:
    """A decisionTable: columns are (expression or name, type), rules are rows of cells."""
    columns = "".join(
        f'<input label="{escape(text)}"><inputExpression typeRef="{kind}"><text>{escape(text)}</text></inputExpression>'
        + (f"<inputValues><text>{escape(allowed)}</text></inputValues>" if allowed else "")
        + "</input>"
        for text, kind in inputs
    )
    results = "".join(
        f'<output name="{name}" typeRef="{kind}">'
        + (f"<outputValues><text>{escape(values)}</text></outputValues>" if values else "")
        + (f"<defaultOutputEntry><text>{escape(default)}</text></defaultOutputEntry>" if default else "")
        + "</output>"
        for name, kind in outputs
    )
    rows = "".join(
        "<rule>"
        + "".join(f"<inputEntry><text>{escape(cell)}</text></inputEntry>" for cell in row[: len(inputs)])
        + "".join(f"<outputEntry><text>{escape(cell)}</text></outputEntry>" for cell in row[len(inputs) :])
        + "</rule>"
        for row in rules
    )
    kind, _, aggregation = policy.partition("/")
    mark = f' aggregation="{aggregation}"' if aggregation else ""
    return f'<decisionTable hitPolicy="{kind}"{mark}>{columns}{results}{rows}</decisionTable>'


def decision(logic: str, identifier: str = "d", name: str = "Decision", before: str = "") -> str:
    return f'<decision id="{identifier}" name="{name}">{before}{logic}</decision>'


def literal(text: str, kind: str = "") -> str:
    mark = f' typeRef="{kind}"' if kind else ""
    return f"<literalExpression{mark}><text>{escape(text)}</text></literalExpression>"


def model(content: bytes) -> DecisionModel:
    """The model of a file that must have no error."""
    found, problems = read(content, "test.dmn")
    assert found is not None, "\n".join(map(str, problems))
    return found


def codes(content: bytes) -> list[str]:
    return [problem.code for problem in findings(content)]


def findings(content: bytes) -> list[Problem]:
    found, problems = read(content, "test.dmn")
    assert (found is None) == any(problem.severity == "error" for problem in problems)
    for problem in problems:
        for language in ("zh", "en"):
            assert "{" not in problem.in_words(language) and not problem.sentence(language).startswith("problem.")
    return problems


def decide(content: bytes, decision_id: str = "d", **variables: object) -> DecisionResult:
    return evaluate(model(content), decision_id, variables, now=NOW, functions=FUNCTIONS)


def value(content: bytes, decision_id: str = "d", **variables: object) -> object:
    """The decided value as JSON, as a process takes it. Raises DecisionFailed where a value was not of its type."""
    return decide(content, decision_id, **variables).trusted().json
