"""After the cause is mended, a fault and its retry come to the same as no fault, whatever is drawn and wherever the fault is.

Every expression of the diagram gives a function, which is good for nothing, while the variable `broken` is true.
"""

from __future__ import annotations

import re
from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.core.bpmn.reader import read
from engine.core.library import InMemory
from engine.core.runtime.step import Retry
from engine.core.trial import Trial
from tests.bpmn.builder import file
from tests.runtime.blocks import BLOCKS, Block, Drawing

_EXPRESSION = re.compile(r'(?<=[">])=([^"<]+)(?=["<])')


def breakable(block: Block) -> InMemory:
    xml = Drawing().process(block).replace("Cardinality>2<", "Cardinality>=2<").replace(">PT1H<", ">=&quot;PT1H&quot;<")
    diagram, _ = read(file(_EXPRESSION.sub(r"=if broken then function(x) x else \1", xml)), "x.bpmn")
    assert diagram is not None
    return InMemory(diagram.processes)


def mended(trial: Trial) -> Trial:
    """The variable is put right, and everything that stands still is tried again, once."""
    if trial.status == "active":
        trial.set_variables(broken=False)
    for wait in trial.waits("incident"):
        trial.send(Retry(wait.id))
    return trial


def outcome(trial: Trial) -> tuple[object, ...]:
    """Where it stands and how often it has been everywhere; branches may have come there in another order."""
    waits = Counter((wait.kind, wait.node, wait.due_at) for wait in trial.state.waits)
    been = Counter((entry.kind, entry.node) for entry in trial.history if entry.kind in ("completed", "cancelled", "sequence_flow"))
    return trial.status, waits, been, {name: value for name, value in trial.variables.items() if name != "broken"}


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(BLOCKS, st.integers(0, 3), st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=8, max_size=8), st.booleans())
def test_a_fault_that_is_mended_and_tried_again_leaves_no_trace(
    block: Block, choice: int, picks: list[tuple[int, bool]], faulty_start: bool
) -> None:  # fmt: skip
    library = breakable(block)
    straight = Trial(library, "p").start(n=0, choice=choice, broken=False)
    faulty = mended(Trial(library, "p").start(n=0, choice=choice, broken=faulty_start))
    for pick, faults in picks:
        assert faulty.incidents == [] and outcome(faulty) == outcome(straight)
        if not straight.open_tasks:
            break
        node = sorted(straight.open_tasks)[pick % len(straight.open_tasks)]
        straight.complete(node)
        faulty.complete(node, broken=faults)
        mended(faulty)
