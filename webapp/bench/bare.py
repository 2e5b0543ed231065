"""SpiffWorkflow as it comes, without any of ours: what the measures are compared with. Nothing but the benches may import this."""

from __future__ import annotations

import sqlite3
from pathlib import Path
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
    """One instance that is read from SQLite, restored, saved and committed whole around every step, by SpiffWorkflow's own serializer.

    The file is kept as ours is: with a write-ahead log that is synchronised when it is folded in.
    """

    def __init__(self, spec: Any, file: Path, **variables: object) -> None:
        self.serializer = BpmnWorkflowSerializer()
        self.first = self.serializer.serialize_json(Bare(spec, **variables).workflow)
        self.database = sqlite3.connect(file)
        self.database.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; CREATE TABLE instance (id INTEGER PRIMARY KEY, state TEXT)"
        )
        self.begin()

    def begin(self) -> None:
        """Have the instance as it was before the first step."""
        with self.database:
            self.database.execute("INSERT OR REPLACE INTO instance VALUES (1, ?)", (self.first,))

    def complete(self, **values: object) -> None:
        """Complete the first open user task."""
        with self.database:
            (text,) = self.database.execute("SELECT state FROM instance WHERE id = 1").fetchone()
            workflow = self.serializer.deserialize_json(text)
            task = workflow.get_tasks(state=TaskState.READY, manual=True)[0]
            task.set_data(**values)
            task.run()
            workflow.do_engine_steps()
            self.database.execute("UPDATE instance SET state = ? WHERE id = 1", (self.serializer.serialize_json(workflow),))

    def close(self) -> None:
        self.database.close()
