"""Names that two processes mean differently, found over the files of a deployment."""

from __future__ import annotations

import pytest

from engine.core.files import judge, read
from engine.core.problems import Problem
from tests.bpmn.builder import file, node, through, zeebe


def _called(variable: str) -> bytes:
    script = f'<zeebe:script expression="=[2]" resultVariable="{variable}"/>'
    return file(through(node("scriptTask", "a", zeebe(script)))).replace(b'id="p"', b'id="called"')


def _told(source: str, variable: str, target: str = "ledger") -> list[Problem]:
    mapping = f'<zeebe:ioMapping><zeebe:output source="{source}" target="{target}"/></zeebe:ioMapping>'
    call = node("callActivity", "a", zeebe(f'<zeebe:calledElement processId="called"/>{mapping}'))
    problems = judge(read({"calling.bpmn": file(through(call)), "called.bpmn": _called(variable)}))
    return [problem for problem in problems if problem.code == "call_output_shadowed"]


def test_an_output_that_adds_to_a_name_which_the_called_process_has_too_is_worth_a_word() -> None:
    (told,) = _told("=concatenate(ledger, other)", "ledger")

    assert (told.file, told.line, told.element, told.severity) == ("calling.bpmn", 5, "a", "warning")
    assert "“ledger”" in told.sentence("zh") and "“ledger”" in told.sentence("en")


@pytest.mark.parametrize(
    ("source", "variable"), [("=concatenate(ledger, work)", "work"), ("=ledger", "ledger"), ("=if ledger = null then [] else ledger", "ledger")]
)
def test_names_of_its_own_and_what_is_only_handed_over_are_fine(source: str, variable: str) -> None:
    assert _told(source, variable) == []
