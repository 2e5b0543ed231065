"""The heart: one pure function, `(library, state, stimulus, now) → Step`. No SQL, no web, no clock, no files."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from engine import feel
from engine.core.bpmn.model import Process
from engine.core.library import Library
from engine.core.runtime import activities, ad_hoc, deadlines, events, incidents, listeners, scopes, user_tasks
from engine.core.runtime.endless import MOST_ROUNDS, keep
from engine.core.runtime.execution import Execution
from engine.core.runtime.formulas import property_formula, value_of
from engine.core.runtime.items import in_order
from engine.core.runtime.kernel import ERROR, READY, STARTED, WAITING, Activation, Fault, specification
from engine.core.runtime.step import (
    ActFailed, ChangeTask, CompleteJob, CompleteTask, Continue, Entry, Failing, JobFailed, Json, MessageReceived, RestNeeded, Retry, SetVariables,
    SignalReceived, Start, State, Status, Step, StepRefused, Stimulus, Terminate, ThrowError, TimerDue, Variables, Wait,
)
from engine.core.runtime.turns import take_turns
from engine.core.variables import Scopes, View

# The behaviours register themselves with the kernel when their modules are imported.
BEHAVIOURS = (activities, ad_hoc, events, scopes, user_tasks)
SLICE = 10_000  # activations in one transaction; the rest follows by Continue

_PHASES = {WAITING: "waiting", READY: "ready", STARTED: "open", ERROR: "incident"}
_STATES = {word: state for state, word in _PHASES.items()}


def advance(
    library: Library, state: State | None, stimulus: Stimulus, now: datetime, slice_size: int = SLICE, most_rounds: int = MOST_ROUNDS
) -> Step:
    """What one stimulus makes of an instance. `state` is None for Start only; `now` is aware.

    Raises StepRefused if the stimulus does not fit (nothing has happened then), RestNeeded if the state leaves out what it reaches.
    Everything that goes wrong inside the diagram
    is in the Step, as an incident; so is a loop that goes on for `most_rounds` without a stimulus from outside.
    """
    if isinstance(stimulus, Start):
        execution = _begin(library, stimulus, now)
    else:
        if state is None or state.status is not Status.ACTIVE:
            raise StepRefused("instance_ended")
        execution = _restore(library, state, now, counting_on=isinstance(stimulus, Continue | Failing | ActFailed))
        _apply(execution, stimulus)
    if isinstance(stimulus, Failing | ActFailed):
        keep(execution)
        return _step(execution, state, now, unfinished=False)  # what is ready is left to the job that keeps failing with it
    at_rest = take_turns(execution, slice_size, most_rounds) if execution.status is Status.ACTIVE else True
    return _step(execution, state, now, unfinished=not at_rest and execution.status is Status.ACTIVE)


def visible(state: State, scope: str) -> Variables:
    """The variables that an activation sees, as one mapping: for a form, a job, an API client."""
    found: Variables = {}
    tokens = {token[0]: token for token in state.tokens}
    token = tokens.get(scope)
    if token is not None:
        facts: Any = token[5]
        found |= facts.get("payload", {})  # a task listener sees what has been filled in before it is taken over
    while token is not None:
        for name, value in state.variables.get(str(token[0]), {}).items():
            found.setdefault(name, value)
        if token[3] is None:  # the body of its process: sight ends here
            break
        token = tokens.get(token[1])
    return found


# ----------------------------------------------------------------------------------------------------------------- stimuli


def _begin(library: Library, start: Start, now: datetime) -> Execution:
    process = library.process(start.definition_id)
    _check_start(process, start.start_event)
    execution = Execution(library, process, start.instance_id, now, listeners.call)
    spec = specification(process).start
    is_filtered = start.start_event is not None and bool(process.nodes[start.start_event].outputs)
    facts: dict[str, Any] = {"trigger": start.start_event} if start.start_event else {}
    if is_filtered:
        facts["payload"] = dict(start.variables)
    root = Activation(execution, spec, None, start.instance_id, READY, facts, start.definition_id)
    execution.task_tree = root
    variables = {**start.variables, **start.own}
    execution.record("instance_started", root, start_event=start.start_event, variables=variables)
    for name, value in (start.own if is_filtered else variables).items():
        execution.scopes.set_local(root.id, name, value)
    execution.enqueue(root)
    return execution


def _check_start(process: Process, start_event: str | None) -> None:
    if start_event is None:
        if not process.scopes[process.id].starts:
            raise StepRefused("start_event_needed", process=process.name)
    elif all(node.id != start_event for node in process.start_events):
        raise StepRefused("start_event_unknown", process=process.name, start_event=start_event)


def _apply(execution: Execution, stimulus: Stimulus) -> None:
    match stimulus:
        case CompleteTask(task_id, variables, actor):
            user_tasks.complete(execution.tasks[_wait(execution, task_id, "user").owner], variables, actor)
        case ChangeTask(task_id, values, actor):
            task = execution.tasks[_wait(execution, task_id, "user").owner]
            if not values or not user_tasks.fits(values):
                raise StepRefused("change_not_fitting")
            user_tasks.change(task, "assigning" if "assignee" in values else "updating", values, actor)
        case CompleteJob(job_id, variables):
            wait = _wait(execution, job_id, "job")
            if "listener" in wait.facts:
                _answer(execution, wait, variables)
            else:
                _finish(execution, wait, variables)
        case JobFailed(job_id, message):
            found = execution.waits.get(job_id)
            if found is not None and found.kind == "timer":
                task = execution.tasks[found.owner]
                incidents.tell(execution, task, "timer_failed", message=message, timer=found.node_name or found.node)
            else:
                wait = _wait(execution, job_id, "job")
                _stop(execution, wait, "job_failed", message=message, job_type=wait.job_type)
        case Failing(None, message):
            incidents.tell(execution, execution.task_tree, "work_failed", message=message)
        case Failing(what, message):
            incidents.tell(execution, execution.task_tree, "delivery_failed", message=message, what=what)
        case ActFailed(wait_id, who, number):
            acted_on = execution.tasks[_wait(execution, wait_id, "user", "message").owner]
            incidents.tell(execution, acted_on, "act_failed", who=who, number=number)
        case ThrowError(job_id, code, message, variables):
            _job_error(execution, _wait(execution, job_id, "job"), code, message, variables)
        case TimerDue(wait_id):
            wait = _wait(execution, wait_id, "timer")
            if wait.due_at is None or wait.due_at > execution.now:
                raise StepRefused("timer_not_due", due=wait.due_at.isoformat() if wait.due_at else None)
            incidents.take_back(execution, execution.tasks[wait.owner], "timer_failed")
            events.happen(execution, wait, {})
        case MessageReceived(wait_id, variables):
            events.happen(execution, _wait(execution, wait_id, "message"), variables)
        case SignalReceived(name, variables):
            for wait in [wait for wait in execution.waits.values() if wait.kind == "signal" and wait.name == name]:
                if wait.id in execution.waits:
                    events.happen(execution, execution.waits[wait.id], variables)
        case Retry(wait_id):
            _retry(execution, _wait(execution, wait_id, "incident"))
        case SetVariables(scope, variables):
            _set_variables(execution, scope, variables)
        case Terminate(reason):
            execution.end(Status.TERMINATED, reason=reason)
        case Continue():
            pass
        case _:
            raise StepRefused("stimulus_unknown", stimulus=type(stimulus).__name__)


def _wait(execution: Execution, wait_id: str, *kinds: str) -> Wait:
    wait = execution.waits.get(wait_id)
    if wait is None and execution.absent_tokens:
        raise RestNeeded
    if wait is None or wait.kind not in kinds:
        raise StepRefused("wait_not_open", wait=wait_id, kind=kinds[0])
    return wait


def _finish(execution: Execution, wait: Wait, variables: Variables) -> None:
    task = execution.tasks[wait.owner]
    execution.close_wait(wait.id)
    task.facts["payload"] = variables
    execution.resume(task, "leave")


def _answer(execution: Execution, wait: Wait, variables: Variables) -> None:
    """A listener's job is done; what it answers may deny a change, or mean nothing: then it is asked again by a retry."""
    task = execution.tasks[wait.owner]
    try:
        listeners.answered(task, wait, variables)
    except listeners.Denied as denied:
        user_tasks.drop(task, denied)
        if "draft" in task.facts:
            task._ready()
    except Fault as fault:
        execution.open_incident(task, fault.code, fault.facts)


def _stop(execution: Execution, wait: Wait, code: str, **facts: Json) -> None:
    task = execution.tasks[wait.owner]
    execution.close_wait(wait.id)
    if "listener" not in wait.facts:
        task.facts["phase"] = "work"
    execution.open_incident(task, code, facts)


def _job_error(execution: Execution, wait: Wait, code: str, message: str, variables: Variables) -> None:
    task = execution.tasks[wait.owner]
    execution.record("event_thrown", task, event="error", code=code, message=message)
    is_about_task = wait.facts.get("listener") in listeners.OF_TASKS  # the task goes on as it was: nothing in the diagram has failed
    if is_about_task or not events.throw_error(task, code, variables):
        _stop(execution, wait, "error_uncaught", error=code, message=message)


def _retry(execution: Execution, wait: Wait) -> None:
    task = execution.tasks[wait.owner]
    execution.close_wait(wait.id)
    execution.record("incident_resolved", task, code=wait.code, by="retry")
    if wait.code in incidents.TOLD:
        execution.unseen_condition = wait.code == "condition_failed"
        if wait.code == "clock_failed":
            deadlines.go_on(task)
        return  # the rest is tried again by itself, or by the person
    if task.state == ERROR:
        task._ready()
    else:
        task.facts.pop("stuck", None)
        task.task_spec.unstick(task)


def _set_variables(execution: Execution, scope: str, variables: Variables) -> None:
    task = execution.tasks.get(scope)
    if task is None and execution.absent_tokens:
        raise RestNeeded
    if task is None:
        raise StepRefused("scope_unknown", scope=scope)
    for name, value in variables.items():
        execution.scopes.set_local(scope, name, value)
    execution.record("variables_set", task, variables=dict(variables), by="person")


# ---------------------------------------------------------------------------------------------------------- state and step


def _restore(library: Library, state: State, now: datetime, *, counting_on: bool) -> Execution:
    process = library.process(state.definition_id)
    activations = state.activations if counting_on else 0
    execution = Execution(
        library, process, state.instance_id, now, listeners.call, counter=state.counter, activations=activations, absent=state.absent
    )
    for row in state.tokens:
        _restore_task(execution, row, counting_on)
    execution.scopes = Scopes(state.variables, execution.chain)
    for wait in state.waits:
        execution.open_wait(wait)
    return execution


def _restore_task(execution: Execution, row: list[Any], counting_on: bool) -> None:
    id_, parent_id, definition_id, node_id, phase, facts = row
    parent = execution.tasks.get(parent_id)
    own_definition = definition_id or (parent.definition_id if parent else "")
    spec = specification(execution.library.process(own_definition))
    node = spec.start if node_id is None else spec.task_specs[node_id]
    task = Activation(execution, node, parent, id_, _STATES[phase], _copied(facts), own_definition)
    visits = task.facts.pop("visits", None)
    if visits and counting_on:
        task.visits = visits
    if parent is None:
        execution.task_tree = task
    if task.state == READY:
        execution.enqueue(task)
    elif task.state == WAITING and parent is not None:
        execution.joins[parent.id, node_id] = task


def _copied(facts: Any) -> Any:
    """A state is a value: what a step changes in an activation's facts must not change the state it came from."""
    if isinstance(facts, dict):
        return {name: _copied(fact) for name, fact in facts.items()}
    return list(facts) if isinstance(facts, list) else facts


def _step(execution: Execution, before: State | None, now: datetime, *, unfinished: bool) -> Step:
    state = State(
        instance_id=execution.instance_id, definition_id=before.definition_id if before else execution.task_tree.definition_id,
        status=execution.status, tokens=tuple(map(_row, execution.tasks.values())), waits=in_order(execution.waits.values()),
        variables=execution.scopes.values, counter=execution.counter, activations=execution.activations,
        started_at=before.started_at if before else now,
        absent={body: left_out for body, left_out in execution.absent.items() if body in execution.tasks},
    )  # fmt: skip
    return Step(
        state, _without_repeats(execution.history), execution.scopes.changes, tuple(execution.effects), _labels(execution), unfinished,
        tuple(execution.changed),
    )


def _row(task: Activation) -> list[Any]:
    parent = task.scope
    definition = task.definition_id if parent is None or parent.definition_id != task.definition_id else None
    is_body = task.task_spec.node.id == task.process.id
    # A process that calls itself has the caller's definition, and still a body of its own.
    return [task.id, task._parent, definition, None if is_body else task.task_spec.node.id, _PHASES[task.state], task.facts]


def _without_repeats(history: list[Entry]) -> tuple[Entry, ...]:
    if not any(entry.kind == "warning" for entry in history):
        return tuple(history)
    return tuple(entry for i, entry in enumerate(history) if entry.kind != "warning" or entry not in history[max(0, i - 20) : i])


_LABELS = ("businessKey", "title", "enterprise")


def _labels(execution: Execution) -> dict[str, Json]:
    """The process's own searchable facts as they are now. One that cannot be computed, or not yet, is left out."""
    process = execution.spec.process
    view = execution.scopes._values.get(execution.instance_id, {})
    labels: dict[str, Json] = {}
    for name in _LABELS:
        text = process.properties.get(name)
        if not text:
            continue
        value = value_of(property_formula(text), View([view, execution.library.functions]), execution.now)
        if value is not None:
            labels[name] = feel.shown(value)
    return labels
