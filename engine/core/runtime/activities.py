"""Activities but user tasks: what they do when entered, worked on and left (BPMN 2.0.2 §10.3, §13.3.2)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b

from engine import feel
from engine.core.bpmn.model import CalledDecision, CalledProcess, Flow, Formula, Interface, Job, Kind, Node, Process, Script, StandardLoop
from engine.core.dmn.evaluation import evaluate
from engine.core.dmn.failure import DecisionFailed
from engine.core.dmn.record import Remark
from engine.core.runtime import compensation, deadlines, loops, multi, subscriptions
from engine.core.runtime.jobs import open_job, publish_message
from engine.core.runtime.kernel import COMPLETED, Activation, Fault, FlowNode, Specification, specification
from engine.core.runtime.mappings import map_inputs, map_outputs, own_result
from engine.core.runtime.step import Json


MOST_REMARKS = 10  # of one decision, in the history
DEEPEST_CALL = 100  # calls within calls; a process that calls itself without end stops there, with an incident


class Activity(FlowNode):
    """Inputs, deadline, boundary events and repetition are the same for every activity; `perform` is its own.

    A repeated activity has a body, which holds one activation of the same node per item or round (its fact `item`).
    """

    def __init__(self, specification: Specification, node: Node) -> None:
        super().__init__(specification, node)
        self.rounds = loops if isinstance(node.loop, StandardLoop) else multi

    def is_body(self, task: Activation) -> bool:
        return self.node.loop is not None and "item" not in task.facts and "replays" not in task.facts

    def listens(self, task: Activation) -> bool:
        return bool(self.node.listeners) and "replays" not in task.facts and not self.is_body(task)

    def enter(self, task: Activation) -> None:
        if "replays" in task.facts:
            return
        if self.is_body(task):
            self.rounds.enter(task)
        else:
            map_inputs(task)
        own = own_result(task)
        if own is not None and own not in task.workflow.scopes.local(task.id):
            task.workflow.scopes.set_local(task.id, own, None)
        if "item" not in task.facts:
            deadlines.begin(task)
            subscriptions.open_boundaries(task)
            deadlines.stop_clock(task)

    def work(self, task: Activation) -> bool:
        return self.rounds.spawn(task) if self.is_body(task) else self.perform(task)

    def perform(self, task: Activation) -> bool:
        """The activity's own work on one item; the results go into the `payload` fact."""
        return True

    def leave(self, task: Activation) -> None:
        if "replays" in task.facts:
            return
        if self.is_body(task):
            self.rounds.publish(task)
        else:
            map_outputs(task)
            if "item" in task.facts:
                self.rounds.collect(task)

    def choose(self, task: Activation) -> tuple[Flow, ...]:
        if "replays" in task.facts:
            return ()
        chosen = () if "item" in task.facts else super().choose(task)
        if "item" not in task.facts:
            deadlines.extend(task)
            if not chosen and task.scope is not None:
                task.scope.task_spec.path_ended(task.scope, task)
        compensation.remember(task)
        return chosen

    def left(self, task: Activation) -> None:
        deadlines.resume_clock(task)
        if task.state == COMPLETED:
            compensation.finished(task)

    def item_left(self, body: Activation, item: Activation) -> None:
        self.rounds.item_left(body, item)


class PassThrough(Activity, kinds=(Kind.TASK, Kind.MANUAL_TASK)):
    """A task without a type, or one done by hand outside: nothing to wait for (BPMN §10.3.3)."""


class JobTask(Activity, kinds=(Kind.SERVICE_TASK,)):
    """Work by a handler outside the transaction: a job that waits to be fetched."""

    def perform(self, task: Activation) -> bool:
        assert isinstance(self.node.detail, Job)
        open_job(task, self.node.detail)
        return False


class SendTask(Activity, kinds=(Kind.SEND_TASK,)):
    """A job if it has a task definition (as in Camunda 8), unless that only says `send message`: then the message itself goes out."""

    def perform(self, task: Activation) -> bool:
        if isinstance(self.node.detail, Job) and not self.node.detail.sends_message:
            open_job(task, self.node.detail)
            return False
        assert self.node.event is not None
        publish_message(task, self.node.event)
        return True


class ReceiveTask(Activity, kinds=(Kind.RECEIVE_TASK,)):
    def perform(self, task: Activation) -> bool:
        subscriptions.subscribe(task, self.node)
        return False


class ScriptTask(Activity, kinds=(Kind.SCRIPT_TASK,)):
    """An expression evaluated in the same step, or a job if it has a task definition."""

    def perform(self, task: Activation) -> bool:
        script = self.node.detail
        if isinstance(script, Job):
            open_job(task, script)
            return False
        assert isinstance(script, Script)
        task.facts["payload"] = {script.result_variable: task.workflow.json(script.expression, task)}
        return True


class BusinessRuleTask(Activity, kinds=(Kind.BUSINESS_RULE_TASK,)):
    """A decision evaluated in the same step, or a job if it has a task definition."""

    def perform(self, task: Activation) -> bool:
        called = self.node.detail
        if isinstance(called, Job):
            open_job(task, called)
            return False
        assert isinstance(called, CalledDecision)
        execution = task.workflow
        decision_id = _text_of(execution.json(called.decision_id, task), called.decision_id)
        found = execution.library.called_decision(decision_id, called.binding, called.version_tag, task.definition_id)
        if found is None:
            raise Fault("decision_unknown", decision=decision_id)
        model, decision_id = found
        try:
            result = evaluate(
                model, decision_id, execution.scopes.view(task.id), now=execution.now, functions=execution.library.functions
            ).trusted()
        except DecisionFailed as failed:
            raise Fault(f"dmn.{failed.code}", **{"decision": decision_id, **_words(failed.facts)}) from None
        try:
            task.facts["payload"] = {called.result_variable: result.json}
        except feel.NotStorable as error:
            raise Fault(error.code, expression=decision_id, **error.facts) from None
        for evaluation in result.evaluations:
            execution.record("decision_evaluated", task, **evaluation.as_json())
        _record_remarks(task, result.warnings)
        return True


def _record_remarks(task: Activation, remarks: Sequence[Remark]) -> None:
    """What gave null inside a decision, each kind once: a missing input is met by every rule of its table."""
    kinds = {(remark.decision_id, remark.code, str(remark.facts)): remark for remark in reversed(remarks)}
    for remark in list(reversed(kinds.values()))[:MOST_REMARKS]:
        facts = {"code": remark.code, "expression": remark.decision_id, "column": remark.column, "rule": remark.rule}
        task.workflow.record("warning", task, **facts, about=_words(remark.facts))


def _text_of(value: Json, formula: Formula) -> str:
    """The id that a formula gives; its own text where it gives none, which then nobody knows."""
    return value if isinstance(value, str) and value else formula.text


def _words(facts: Mapping[str, object]) -> dict[str, str]:
    return {name: str(fact) for name, fact in facts.items()}


class CallActivity(Activity, kinds=(Kind.CALL_ACTIVITY,)):
    """Another process runs inside this activation, with a root scope of its own."""

    def work(self, task: Activation) -> bool:
        record = task.facts.get("replays")
        callee = record.get("callee") if record else None
        if callee is None:
            return compensation.replay(task) if "replays" in task.facts else super().work(task)
        # What was called is undone: its process is there once more, as it was when it had completed.
        task.facts["replays"] = None
        execution, definition_id = task.workflow, callee["definition"]
        spec = specification(execution.library.process(definition_id)).start
        execution.activate(spec, task, {"replays": callee}, definition_id=definition_id)
        return False

    def perform(self, task: Activation) -> bool:
        called, execution = self.node.detail, task.workflow
        assert isinstance(called, CalledProcess)
        process_id = _text_of(execution.json(called.process_id, task), called.process_id)
        definition_id = execution.library.called_process(process_id, called.binding, called.version_tag, task.definition_id)
        if definition_id is None:
            raise Fault("process_unknown", process=process_id)
        process = execution.library.process(definition_id)
        if sum(isinstance(around.task_spec, CallActivity) for around in _outwards(task)) > DEEPEST_CALL:
            raise Fault("calls_too_deep", process=process.name, deepest=DEEPEST_CALL)
        if not process.scopes[process.id].starts:
            raise Fault("process_not_callable", process=process_id)
        spec = specification(process).start
        visible: dict[str, object] = dict(execution.scopes.view(task.id) if called.propagate_all_parent else execution.scopes.local(task.id))
        if process.interface is not None:
            visible = _admitted(process, process.interface, visible)
        given = {name: _fingerprint(value) for name, value in visible.items()}
        callee = execution.activate(spec, task, {"given": given} if given else None, definition_id=definition_id)
        for name, value in visible.items():
            execution.scopes.set_local(callee.id, name, value)  # type: ignore[arg-type]
        return False

    def emptied(self, task: Activation) -> None:
        """Never asked: the callee's body hands over its variables itself."""

    def returned(self, task: Activation, variables: Mapping[str, Json], given: Mapping[str, str]) -> None:
        """The called process has ended with these root variables; `given` are the fingerprints of those it began with.

        What it has not changed is not handed back: parallel branches and items may have moved on from the copy it was given.
        """
        called = self.node.detail
        assert isinstance(called, CalledProcess)
        if self.node.outputs:
            task.facts["payload"] = dict(variables)
        elif called.propagate_all_child:
            task.facts["payload"] = {name: value for name, value in variables.items() if given.get(name) != _fingerprint(value)}
        task.workflow.resume(task, "leave")


def _admitted(process: Process, interface: Interface, visible: dict[str, object]) -> dict[str, object]:
    """What a process that declares its data lets in. Raises Fault while none of its sets of inputs is there (§10.4.2)."""
    known = {name: visible[name] for name in interface.inputs if visible.get(name) is not None}
    missing = [[name for name in wanted if name not in known] for wanted in interface.required]
    if missing and all(missing):
        raise Fault("data_input_missing", process=process.name, names=", ".join(missing[0]))
    return known


def _fingerprint(value: object) -> str:
    """Equal for equal JSON values, and short."""
    return blake2b(json.dumps(value, sort_keys=True, default=str).encode(), digest_size=12).hexdigest()


def _outwards(task: Activation | None) -> Iterator[Activation]:
    while task is not None:
        yield task
        task = task.scope
