"""Random processes full of multi-instance activities: nested, with events on them and in them, and everything that reaches siblings."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.bpmn.builder import event, loop, node, prop, timer, zeebe
from tests.runtime.blocks import Block, Drawing

LEAVES = st.sampled_from([
    ("user",), ("timed",), ("job",), ("message",), ("call_items",), ("stops",), ("signal",), ("watched",), ("script",), ("throw",),
    ("undoable",), ("escalate",), ("last_words",),
])  # fmt: skip
OUTPUTS = st.sampled_from(["", "collect", "enough", "look", "one"])
ENDS = st.sampled_from(["", "error", "terminate", "undo", "escalation"])
SURROUNDINGS = st.sampled_from(["", "timer", "reminder", "message", "error", "limit", "escalation"])


def _inner(inner: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    return st.one_of(
        st.tuples(st.just("sequence"), inner, inner),
        st.tuples(st.sampled_from(["exclusive", "parallel", "inclusive"]), inner, inner),
        st.tuples(st.just("each"), inner, OUTPUTS, ENDS, SURROUNDINGS),
        st.tuples(st.sampled_from(["loop", "sub", "sub_each"]), inner),
        st.tuples(st.just("guarded"), inner),
    )


WORK = st.recursive(LEAVES, _inner, max_leaves=6)
EACH = st.tuples(st.just("each"), st.tuples(st.just("sequence"), LEAVES, WORK), OUTPUTS, ENDS, SURROUNDINGS)
BLOCKS = st.one_of(
    st.tuples(st.just("each"), EACH, OUTPUTS, ENDS, SURROUNDINGS),
    st.tuples(st.sampled_from(["parallel", "sequence"]), EACH, EACH),
    st.tuples(st.just("loop"), EACH),
)
CALLED = node("startEvent", "cs") + node("userTask", "ask", loop("<loopCardinality>2</loopCardinality>")) + node("endEvent", "ce")
ROOTS = (
    '<message id="m" name="answered"><extensionElements><zeebe:subscription correlationKey="=string(choice)"/></extensionElements></message>'
    '<signal id="s" name="bell"/><error id="e" errorCode="no"/><escalation id="up" escalationCode="up"/>'
)
_ENDS = {
    "error": event("error", errorRef="e"), "terminate": event("terminate"), "undo": "<compensateEventDefinition/>",
    "escalation": event("escalation", escalationRef="up"),
}  # fmt: skip
_MESSAGE, _SIGNAL = event("message", messageRef="m"), event("signal", signalRef="s")
_LOOPS = {"": "", "collect": "", "one": "", "enough": "numberOfCompletedInstances &gt;= 2", "look": "count(results[item != null]) &gt;= 2"}


class ItemDrawing(Drawing):
    """Draws what `BLOCKS` describes."""

    def _draw(self, block: Block) -> tuple[str, str]:
        kind, *inner = block
        if kind == "each":
            return self._each(*inner)
        if kind == "guarded":
            return self._guarded(inner[0])
        return super()._draw(block)

    def _each(self, block: Block, output: str, end: str, surrounding: str) -> tuple[str, str]:
        """A parallel multi-instance sub-process."""
        outside, self.xml = self.xml, []
        inside = self.process(block, _ENDS.get(end, ""))
        self.xml = outside
        result = "" if output in ("", "enough") else 'outputCollection="results" outputElement="=[loopCounter, n]"'
        until = f"<completionCondition>={_LOOPS[output]}</completionCondition>" if _LOOPS[output] else ""
        numbers = "=[1]" if output == "one" else "=numbers"
        limit = prop("limit", "5 workdays") if surrounding == "limit" else ""
        repeated = loop(until, attributes=f'inputCollection="{numbers}" inputElement="number" {result}')
        sub = self.add("each", "subProcess", limit + repeated + inside)
        return self._surrounded(sub, surrounding)

    def _guarded(self, block: Block) -> tuple[str, str]:
        """A sub-process with event sub-processes: one reminds, one takes over."""
        outside, self.xml = self.xml, []
        for kind, what, is_interrupting in (("R", timer("Duration", "PT3H"), "false"), ("T", _MESSAGE, "true")):
            start, stop = self.count + 1, self.count + 2
            self.count += 3
            handler = (
                node("startEvent", f"begin_{start}", what, isInterrupting=is_interrupting) + node("endEvent", f"stop_{stop}")
                + node("sequenceFlow", f"f_{stop}", sourceRef=f"begin_{start}", targetRef=f"stop_{stop}")
            )  # fmt: skip
            self.add(f"handler{kind}", "subProcess", handler, triggeredByEvent="true")
        inside = self.process(block)
        self.xml = outside
        sub = self.add("guarded", "subProcess", inside)
        return sub, sub

    def _surrounded(self, activity: str, surrounding: str) -> tuple[str, str]:
        events = {
            "timer": (timer("Duration", "PT5H"), "true"), "reminder": (timer("Cycle", "R/PT2H"), "false"), "message": (_MESSAGE, "true"),
            "error": (event("error", errorRef="e"), "true"), "escalation": (event("escalation", escalationRef="up"), "false"),
            "limit": (timer("Date", "=deadline"), "false"),
        }  # fmt: skip
        if surrounding not in events:
            return activity, activity
        what, is_interrupting = events[surrounding]
        boundary = self.add("at", "boundaryEvent", what, attachedToRef=activity, cancelActivity=is_interrupting)
        if is_interrupting == "false":
            self.connect(boundary, self.add("noted", "endEvent"))
            return activity, activity
        merge = self.add("merge", "exclusiveGateway")
        self.connect(activity, merge)
        self.connect(boundary, merge)
        return activity, merge

    def _task(self, kind: str) -> tuple[str, str]:
        match kind:
            case "job":
                id_ = self.add("job", "serviceTask", zeebe('<zeebe:taskDefinition type="work"/>'))
            case "message":
                id_ = self.add("hear", "intermediateCatchEvent", _MESSAGE)
            case "signal":
                id_ = self.add("listen", "intermediateCatchEvent", _SIGNAL)
            case "throw":
                id_ = self.add("ring", "intermediateThrowEvent", _SIGNAL)
            case "escalate":
                id_ = self.add("raise", "intermediateThrowEvent", _ENDS["escalation"])
            case "stops":
                id_ = self.add("pause", "userTask", prop("clock", "stop"))
            case "call_items":
                id_ = self.add("call", "callActivity", zeebe('<zeebe:calledElement processId="called"/>'))
            case "last_words":
                heard = "".join(f'<zeebe:taskListener eventType="{event}" type="hear"/>' for event in ("canceling", "completing"))
                id_ = self.add("user", "userTask", zeebe(f"<zeebe:userTask/><zeebe:taskListeners>{heard}</zeebe:taskListeners>"))
            case "watched":
                id_ = self.add("user", "userTask")
                seen = self.add("seen", "boundaryEvent", event("conditional", "<condition>=n &gt; 3</condition>"), attachedToRef=id_, cancelActivity="false")
                self.connect(seen, self.add("told", "endEvent"))
            case _:
                return super()._task(kind)
        return id_, id_
