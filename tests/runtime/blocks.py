"""Random processes made of blocks, as XML: what they consist of is drawn by hypothesis, that they are sound is by construction."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.bpmn.builder import flow, loop, node, timer, zeebe

_GATES = ["exclusive", "parallel", "inclusive"]
Block = tuple  # ("user",) | ("script",) | (kind, *blocks)
LEAVES = st.sampled_from([("user",), ("script",), ("timed",), ("items",), ("one_by_one",), ("rounds",)])
BLOCKS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["sequence", "exclusive", "parallel", "inclusive"]), inner, inner),
        st.tuples(st.just("parallel"), inner, inner, inner),
        st.tuples(st.sampled_from(["loop", "sub", "sub_items", "sub_timed"]), inner),
    ),
    max_leaves=9,
)
MIXED = st.recursive(
    st.sampled_from([("script",), ("user",)]),
    lambda inner: st.one_of(
        st.tuples(st.just("mixed"), st.sampled_from(_GATES), st.sampled_from(_GATES), inner, inner),
        st.tuples(st.sampled_from(["sequence"]), inner, inner),
        st.tuples(st.sampled_from(["loop", "sub"]), inner),
    ),
    max_leaves=6,
)
UNDOABLE = st.recursive(
    st.just(("undoable",)),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["sequence", "exclusive"]), inner, inner), st.tuples(st.sampled_from(["loop", "sub", "sub_each"]), inner)
    ),
    max_leaves=6,
)
_PEOPLE = zeebe('<zeebe:assignmentDefinition candidateGroups="office"/>')


class Drawing:
    """XML of blocks, each entered at its first and left at its last node; ids are numbered."""

    def __init__(self) -> None:
        self.xml: list[str] = []
        self.count = 0

    def process(self, block: Block, end: str = "") -> str:
        first, last = self.add("start", "startEvent"), self.add("end", "endEvent", end)
        self._between(block, first, last)
        return "".join(self.xml)

    def add(self, word: str, tag: str, inner: str = "", **attributes: str) -> str:
        self.count += 1
        id_ = f"{word}_{self.count}"
        self.xml.append(node(tag, id_, inner, **attributes))
        return id_

    def connect(self, source: str, target: str, condition: str | None = None) -> str:
        self.count += 1
        self.xml.append(flow(source, target, condition, id=f"f_{self.count}"))
        return f"f_{self.count}"

    def _between(self, block: Block, before: str, after: str, condition: str | None = None) -> str:
        """Draw a block between two nodes; the id of the flow into it."""
        first, last = self._draw(block)
        entry = self.connect(before, first, condition)
        self.connect(last, after)
        return entry

    def _draw(self, block: Block) -> tuple[str, str]:
        kind, *inner = block
        match kind:
            case "sequence":
                (a, b), (c, d) = map(self._draw, inner)
                self.connect(b, c)
                return a, d
            case "exclusive" | "parallel" | "inclusive":
                return self._branches(kind, kind, inner)
            case "mixed":  # whatever splits, anything may join: unsound, more often than not
                return self._branches(inner[0], inner[1], inner[2:])
            case "loop":
                return self._loop(inner[0])
            case "sub" | "sub_items" | "sub_each" | "sub_timed":
                return self._sub_process(kind, inner[0])
            case _:
                return self._task(kind)

    def _branches(self, kind: str, joins: str, inner: list[Block]) -> tuple[str, str]:
        split, join = self.add("split", f"{kind}Gateway"), self.add("join", f"{joins}Gateway")
        for index, block in enumerate(inner):
            condition = None if kind == "parallel" or index == len(inner) - 1 else f"=choice &gt; {index}"
            entry = self._between(block, split, join, condition)
        if kind != "parallel":
            self.xml = [xml.replace(f'id="{split}"', f'id="{split}" default="{entry}"') for xml in self.xml]
        return split, join

    def _loop(self, block: Block) -> tuple[str, str]:
        merge, decide = self.add("merge", "exclusiveGateway"), self.add("again", "exclusiveGateway")
        script = zeebe(f'<zeebe:script expression="=get or else({decide}, 0) + 1" resultVariable="{decide}"/>')
        count = self.add("count", "scriptTask", script)
        self._between(block, merge, count)
        self.connect(count, decide)
        leave = self.add("leave", "task")
        default = self.connect(decide, leave)
        self.connect(decide, merge, f"={decide} &lt; 2")
        self.xml = [xml.replace(f'id="{decide}">', f'id="{decide}" default="{default}">') for xml in self.xml]
        return merge, leave

    def _sub_process(self, kind: str, block: Block) -> tuple[str, str]:
        outside, self.xml = self.xml, []
        inside = self.process(block)
        self.xml = outside
        repeated = {
            "sub_items": loop("<loopCardinality>2</loopCardinality>"),
            "sub_each": loop("<loopCardinality>2</loopCardinality>", more='isSequential="true"'),
        }.get(kind, "")
        sub = self.add("sub", "subProcess", repeated + inside)
        return self._with_timer(sub) if kind == "sub_timed" else (sub, sub)

    def _task(self, kind: str) -> tuple[str, str]:
        if kind == "script":
            script = self.add("script", "scriptTask", zeebe('<zeebe:script expression="=n + 1" resultVariable="n"/>'))
            return script, script
        if kind == "undoable":
            return self._undoable()
        more = {
            "items": loop("<loopCardinality>2</loopCardinality>"),
            "one_by_one": loop("<loopCardinality>2</loopCardinality>", more='isSequential="true"'),
            "rounds": "<standardLoopCharacteristics><loopCondition>=loopCounter &lt; 2</loopCondition></standardLoopCharacteristics>",
        }.get(kind, "")
        task = self.add("user", "userTask", _PEOPLE + more)
        return self._with_timer(task) if kind == "timed" else (task, task)

    def _undoable(self) -> tuple[str, str]:
        """A script that logs a number, and the handler that logs its negative."""
        number = self.count + 1
        log = lambda entry: zeebe(f'<zeebe:script expression="=append(log, {entry})" resultVariable="log"/>')  # noqa: E731
        task = self.add("do", "scriptTask", log(number))
        handler = self.add("undo", "scriptTask", log(-number), isForCompensation="true")
        boundary = self.add("take_back", "boundaryEvent", "<compensateEventDefinition/>", attachedToRef=task)
        self.add("line", "association", sourceRef=boundary, targetRef=handler)
        return task, task

    def _with_timer(self, activity: str) -> tuple[str, str]:
        merge = self.add("merge", "exclusiveGateway")
        late = self.add("late", "boundaryEvent", timer("Duration", "PT1H"), attachedToRef=activity)
        self.connect(activity, merge)
        self.connect(late, merge)
        return activity, merge
