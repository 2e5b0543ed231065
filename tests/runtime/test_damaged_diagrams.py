"""A damaged diagram is refused, or it runs: whatever deployment lets through never makes the core raise."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from engine.core.bpmn.checks import Known, check
from engine.core.bpmn.model import Process
from engine.core.bpmn.reader import read
from engine.core.library import InMemory
from engine.core.problems import has_errors
from engine.core.runtime.advance import advance
from engine.core.runtime.step import CompleteJob, CompleteTask, MessageReceived, Start, StepRefused, Stimulus, Terminate, TimerDue, Wait
from engine.core.trial import EPOCH
from tests.runtime.conftest import DIAGRAMS, restored

FILES = sorted(path for path in Path(DIAGRAMS).glob("*.bpmn"))
_KNOWN = Known(processes=frozenset({"called"}))
_DRAWING = "{http://www.omg.org/spec/BPMN/20100524/DI}BPMNDiagram"


def damaged(path: Path, choices: list[tuple[int, int, int]]) -> bytes:
    """The diagram after some deletions, moves and exchanges, each chosen by numbers. Its drawing is left out."""
    root = etree.fromstring(path.read_bytes())
    for drawing in root.findall(_DRAWING):
        root.remove(drawing)
    for action, which, other in choices:
        elements = [element for element in root.iter("{*}*") if element is not root] or [root]
        element, second = elements[which % len(elements)], elements[other % len(elements)]
        names = sorted(set(element.attrib) - {"id"})
        if element is root:
            break
        if action == 0:
            element.getparent().remove(element)
        elif action == 1 and names:
            del element.attrib[names[other % len(names)]]
        elif action == 2 and names:
            values = [value for found in elements for value in found.attrib.values()]
            element.attrib[names[other % len(names)]] = values[(which + other) % len(values)]
        elif action == 3 and element not in second.iterancestors() and element is not second:
            second.append(element)
        elif action == 4 and element.tag != second.tag:
            element.tag = second.tag
    return etree.tostring(root)


def answer(wait: Wait) -> Stimulus | None:
    """What the world could do about a wait."""
    match wait.kind:
        case "user":
            return CompleteTask(wait.id, {"x": 1})
        case "job":
            return CompleteJob(wait.id, {})
        case "message":
            return MessageReceived(wait.id, {"y": 2})
        case "timer" if wait.due_at is not None:
            return TimerDue(wait.id)
        case _:
            return None


def run_a_little(library: InMemory, process: Process) -> None:
    """Start in every way and answer the first waits; stop after a few steps."""
    for start in (None, *(node.id for node in process.start_events)):
        try:
            step = advance(library, None, Start("i", process.id, {"case": "A", "log": [], "items": ["a"]}, start), EPOCH, 300)
        except StepRefused:
            continue
        for _ in range(8):
            state, stimuli = restored(step.state), [(wait, stimulus) for wait in step.state.waits if (stimulus := answer(wait))]
            if state.status != "active" or step.unfinished or not stimuli:
                break
            wait, stimulus = stimuli[-1]
            try:
                step = advance(library, state, stimulus, max(EPOCH, wait.due_at or EPOCH), 300)
            except StepRefused:  # such as completing a task whose change still waits for its listener
                break
        if step.state.status == "active":
            assert step.unfinished or step.state.waits
            ended = advance(library, step.state, Terminate("enough"), EPOCH).state
            if ended.status == "active":  # a listener to the task's end could not be heard: who insists is not held up again
                assert any(wait.kind == "incident" for wait in ended.waits)
                ended = advance(library, ended, Terminate("enough"), EPOCH).state
            assert ended.status == "terminated"


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(FILES), st.lists(st.tuples(st.integers(0, 4), st.integers(0, 999), st.integers(0, 999)), min_size=1, max_size=4)
)
def test_whatever_is_let_through_runs_without_raising(path: Path, choices: list[tuple[int, int, int]]) -> None:
    diagram, found = read(damaged(path, choices), path.name)
    if diagram is None:
        return
    found = found + check(diagram, _KNOWN)
    if has_errors(found):
        return
    library = InMemory(diagram.processes)
    for process in diagram.processes:
        run_a_little(library, process)
