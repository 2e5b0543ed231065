"""What leaves an instance for the world outside: jobs for handlers, messages for whoever waits for them."""

from __future__ import annotations

from engine.core.bpmn.model import EventDefinition, Job
from engine.core.runtime import subscriptions
from engine.core.runtime.kernel import Activation, Fault
from engine.core.runtime.step import MessagePublished


def open_job(task: Activation, job: Job, listener: str | None = None) -> None:
    """Let the activation wait for a handler of the job's type; a `listener` job is told apart by the fact of that name."""
    execution = task.workflow
    job_type = execution.json(job.type, task, task.facts.get("payload") if listener else None)
    if not isinstance(job_type, str) or not job_type:
        raise Fault("job_type_missing", expression=job.type.text, value=str(job_type))
    retries = execution.count(job.retries, task, "retries_not_a_count") if job.retries else 3
    execution.open_wait(
        execution.new_wait(
            task, task.task_spec.node, "job", job_type=job_type, retries=retries,
            headers=dict(job.headers), due_at=execution.now, facts={"listener": listener} if listener else {},
        )  # fmt: skip
    )


def publish_message(task: Activation, event: EventDefinition) -> None:
    """Send the event's message; its payload is what the input mappings made local, nothing else leaks out."""
    execution = task.workflow
    name = subscriptions.name_of(task, task.task_spec.node, event)
    key = subscriptions.correlation_key(task, event) if event.correlation_key else ""
    execution.effects.append(MessagePublished(name, key, dict(execution.scopes.local(task.id)), task.task_spec.node.id))
    execution.record("event_thrown", task, event="message", name=name, correlation_key=key)
