"""Gateways (BPMN 2.0.2 §10.6, §13.4). Joins count tokens per incoming flow; nothing depends on how the diagram is drawn."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from engine.core.bpmn.model import Flow, Kind
from engine.core.runtime import graph, subscriptions
from engine.core.runtime.execution import Execution
from engine.core.runtime.kernel import WAITING, Activation, Fault, FlowNode
from engine.core.runtime.step import Status


class ExclusiveGateway(FlowNode, kinds=(Kind.EXCLUSIVE_GATEWAY,)):
    def choose(self, task: Activation) -> tuple[Flow, ...]:
        """The first true condition in document order, else the default (§13.4.2)."""
        if len(self.flows) == 1 and self.flows[0].condition is None:
            return self.flows
        default = None
        for flow in self.flows:
            if flow.id == self.node.default:
                default = flow
            elif flow.condition is None or task.workflow.truth(flow.condition, task):
                return (flow,)
        if default is None:
            raise Fault("no_flow_taken", node=self.node.name or self.node.id)
        return (default,)


class Join(FlowNode):
    """A gateway that waits for tokens: one waiting activation per scope counts what has arrived on each flow."""

    @cached_property
    def upstream(self) -> dict[str, frozenset[str]]:
        return graph.upstream(self.process, self.node.id)

    def arrive(self, execution: Execution, scope: Activation, flow: Flow) -> None:
        if len(self.node.incoming) < 2:
            execution.activate(self, scope)
            return
        waiting = execution.joins.get((scope.id, self.node.id)) or execution.activate(self, scope, {"arrived": {}}, state=WAITING)
        arrived = waiting.facts["arrived"]
        arrived[flow.id] = arrived.get(flow.id, 0) + 1
        self.counted(waiting)

    def counted(self, waiting: Activation) -> None:
        """A token more; fire if that is enough."""

    def unstick(self, task: Activation) -> None:
        self.counted(task)

    def fire(self, waiting: Activation) -> None:
        """Consume one token from each flow that has one; what is left goes on waiting."""
        execution, scope = waiting.workflow, waiting.scope
        assert scope is not None
        rest = {flow: count - 1 for flow, count in waiting.facts.pop("arrived").items() if count > 1}
        waiting.facts.pop("stuck", None)
        del execution.joins[scope.id, self.node.id]
        waiting._ready()
        if rest:
            again = execution.activate(self, scope, {"arrived": rest}, state=WAITING)
            self.counted(again)


class ParallelGateway(Join, kinds=(Kind.PARALLEL_GATEWAY,)):
    def counted(self, waiting: Activation) -> None:
        if all(flow in waiting.facts["arrived"] for flow in self.node.incoming):
            self.fire(waiting)

    def choose(self, task: Activation) -> tuple[Flow, ...]:
        return self.flows

    def is_dead(self, waiting: Activation, positions: set[str]) -> bool:
        """Whether a flow still missing can never get a token any more."""
        missing = [flow for flow in self.node.incoming if flow not in waiting.facts["arrived"]]
        return any(not positions & self.upstream[flow] for flow in missing)


class InclusiveGateway(Join, kinds=(Kind.INCLUSIVE_GATEWAY,)):
    """Fires when no token elsewhere in its scope can still reach one of its empty flows (§13.4.3)."""

    def is_enabled(self, waiting: Activation, positions: set[str]) -> bool:
        arrived = waiting.facts["arrived"]
        empty = [self.upstream[flow] for flow in self.node.incoming if flow not in arrived]
        full = [self.upstream[flow] for flow in self.node.incoming if flow in arrived]
        return not any(
            any(node in sources for sources in empty) and not any(node in sources for sources in full) for node in positions
        )


class ComplexGateway(Join, kinds=(Kind.COMPLEX_GATEWAY,)):
    """Fires when its activation condition holds, then swallows what else arrives until it is reset (§13.4.5).

    The condition sees `activationCount`, the tokens waiting, and under the id of each incoming flow those on it. Conditions of
    outgoing flows see `waitingForStart`: true for the firing, false for the reset. At the reset only flows with a condition can get
    a token.
    """

    def counted(self, waiting: Activation) -> None:
        condition, arrived = self.node.activation_condition, waiting.facts["arrived"]
        if "missing" in waiting.facts or condition is None:
            return
        counts = {flow: arrived.get(flow, 0) for flow in self.node.incoming}
        try:
            if not waiting.workflow.truth(condition, waiting, {**counts, "activationCount": sum(counts.values())}):
                return
            chosen = waiting.workflow.flows_taken(waiting, self.node, self.flows, {"waitingForStart": True})
        except Fault as fault:
            report_stuck(waiting, fault.code, fault.facts)
            return
        if waiting.facts.pop("stuck", None):
            waiting.workflow._overtake_incident(waiting)
        waiting.facts["missing"] = [flow for flow in self.node.incoming if flow not in arrived]
        waiting.facts["arrived"] = _less_one(arrived, arrived)
        self._take(waiting, chosen)

    def is_enabled(self, waiting: Activation, positions: set[str]) -> bool:
        """Whether it can be reset: every other flow has had its token, or can get none any more."""
        if "missing" not in waiting.facts or "stuck" in waiting.facts:
            return False
        arrived = waiting.facts["arrived"]
        return not any(positions & self.upstream[flow] for flow in waiting.facts["missing"] if flow not in arrived)

    def fire(self, waiting: Activation) -> None:
        """The reset: consume what has arrived on the flows that were still missing."""
        scope, execution = waiting.scope, waiting.workflow
        assert scope is not None
        try:
            chosen = tuple(
                flow for flow in self.flows
                if flow.condition and execution.truth(flow.condition, waiting, {"waitingForStart": False})
            )  # fmt: skip
        except Fault as fault:
            report_stuck(waiting, fault.code, fault.facts)
            return
        rest = _less_one(waiting.facts["arrived"], waiting.facts["missing"])
        execution.retire(waiting)
        if rest:
            self.counted(execution.activate(self, scope, {"arrived": rest}, state=WAITING))
        for flow in chosen:
            execution.take(flow, scope)
        execution.settle(scope)

    def _take(self, waiting: Activation, flows: tuple[Flow, ...]) -> None:
        assert waiting.scope is not None
        for flow in flows:
            waiting.workflow.take(flow, waiting.scope)

    def choose(self, task: Activation) -> tuple[Flow, ...]:
        """With one incoming flow or none: a split only."""
        return task.workflow.flows_taken(task, self.node, self.flows, {"waitingForStart": True})


def _less_one(arrived: dict[str, int], flows: Iterable[str]) -> dict[str, int]:
    """The tokens left on each flow when one is consumed on each of `flows`."""
    left = {flow: count - (flow in flows) for flow, count in arrived.items()}
    return {flow: count for flow, count in left.items() if count}


def enabled_at_rest(execution: Execution) -> Activation | None:
    """At rest: the first join that depends on the rest of its scope and may fire."""
    for waiting in list(execution.joins.values()):
        spec = waiting.task_spec
        if "stuck" not in waiting.facts and isinstance(spec, InclusiveGateway | ComplexGateway) and spec.is_enabled(waiting, _positions(waiting)):
            return waiting
    return None


def report_dead_joins(execution: Execution) -> None:
    """At rest: what waits for tokens that can never come is an incident, not a silence, whatever else the instance waits for."""
    for waiting in list(execution.joins.values()):
        spec = waiting.task_spec
        if "stuck" in waiting.facts:
            continue
        if isinstance(spec, ParallelGateway):
            if spec.is_dead(waiting, _positions(waiting)):
                report_stuck(waiting, "join_waits_forever", {"node": spec.node.name or spec.node.id})
        elif "missing" not in waiting.facts and _gets_no_more(waiting):
            report_stuck(waiting, "tokens_never_come", {"node": spec.node.name or spec.node.id})


def _gets_no_more(waiting: Activation) -> bool:
    """Whether every token in the scope that could still reach this node is itself waiting for others, or there is none."""
    scope = waiting.scope
    assert scope is not None
    moving = {child.task_spec.node.id for child in scope.children if child.state != WAITING}.union(scope.facts.get("pending", ()))
    spec = waiting.task_spec
    upstream = spec.upstream if isinstance(spec, Join) else graph.upstream(spec.process, spec.node.id)
    return not any(moving & sources for sources in upstream.values())


def report_standstill(execution: Execution) -> None:
    """At rest: an instance that has not ended and waits for nothing would be lost; whoever holds it up is an incident."""
    if execution.status is Status.ACTIVE and not execution.waits and not execution.absent_tokens:
        held = next(iter(execution.joins.values()), None) or next(reversed(execution.tasks.values()))
        report_stuck(held, "instance_stuck", {"node": held.task_spec.node.name or held.task_spec.node.id})


def report_stuck(waiting: Activation, code: str, facts: dict[str, object]) -> None:
    """Say once that an activation cannot go on; it stays where it is."""
    if "stuck" in waiting.facts:
        return
    state = waiting.state
    waiting.facts["stuck"] = True
    waiting.workflow.open_incident(waiting, code, facts)
    waiting._set_state(state)


def _positions(waiting: Activation) -> set[str]:
    """The nodes of the same scope at which there is a token, the join itself left out."""
    scope = waiting.scope
    assert scope is not None
    pending = scope.facts.get("pending", ())  # what an ad-hoc sub-process is still to start
    return {child.task_spec.node.id for child in scope.children}.union(pending) - {waiting.task_spec.node.id}


class EventBasedGateway(FlowNode, kinds=(Kind.EVENT_BASED_GATEWAY,)):
    """Waits for all events behind it; the first to happen takes the token (§13.4.4)."""

    def work(self, task: Activation) -> bool:
        execution = task.workflow
        targets = [self.process.nodes[flow.target] for flow in self.flows]
        for wait in [wait for target in targets for wait in subscriptions.make_waits(task, target)]:
            execution.open_wait(wait)
        return False

    def choose(self, task: Activation) -> tuple[Flow, ...]:
        return ()  # the token was moved when the event happened

    def happened(self, task: Activation, target: str, kind: str, payload: dict[str, object]) -> None:
        execution, scope = task.workflow, task.scope
        assert scope is not None
        flow = next(flow for flow in self.flows if flow.target == target)
        execution.record_flow(flow, scope)
        spec = execution.spec_of(scope, target)
        caught = execution.activate(spec, scope, {"phase": "caught", "payload": payload})
        execution.record("event_caught", caught, event=kind)
        execution.close_waits_of(task.id)
        execution.resume(task, "flows")
