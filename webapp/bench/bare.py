"""SpiffWorkflow as it comes, without any of ours: what the measures are compared with. Nothing but the benches may import this."""

from __future__ import annotations

from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState


def spec(diagram: str, process: str) -> Any:
    parser = BpmnParser()
    parser.add_bpmn_xml(etree.fromstring(diagram.encode()))
    return parser.get_spec(process)


class Bare:
    """One instance in memory."""

    def __init__(self, spec: Any, **variables: object) -> None:
        self.workflow = BpmnWorkflow(spec)
        self.workflow.set_data(**variables)
        self.workflow.task_tree.set_data(**variables)
        self.workflow.do_engine_steps()

    def open(self) -> list[Task]:
        found: list[Task] = self.workflow.get_tasks(state=TaskState.READY, manual=True)
        return found

    def complete(self, **values: object) -> None:
        """Complete the first open user task and run on to the next."""
        task = self.open()[0]
        task.set_data(**values)
        task.run()
        self.workflow.do_engine_steps()

    @property
    def is_over(self) -> bool:
        return bool(self.workflow.is_completed())


class Saved:
    """One instance that is saved and restored whole around every step, as SpiffWorkflow's own serializer does it."""

    def __init__(self, spec: Any, **variables: object) -> None:
        self.serializer = BpmnWorkflowSerializer()
        self.text = self.serializer.serialize_json(Bare(spec, **variables).workflow)

    def complete(self, **values: object) -> None:
        workflow = self.serializer.deserialize_json(self.text)
        task = workflow.get_tasks(state=TaskState.READY, manual=True)[0]
        task.set_data(**values)
        task.run()
        workflow.do_engine_steps()
        self.text = self.serializer.serialize_json(workflow)
