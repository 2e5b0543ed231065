"""The same instance as in `Trial`, but moved by the verbs and kept in a real database, read back after every step."""

from __future__ import annotations

from typing import get_args

from sqlalchemy import select

from engine.core.runtime.step import (
    Continue, HistoryKind, MessagePublished, SetVariables, SignalThrown, Start, StepRefused, Stimulus, Variables,
)  # fmt: skip
from engine.core.trial import Trial
from engine.tables.instances import ProcessInstance
from engine.tables.jobs import Job
from engine.tables.store import Store
from engine.verbs import definitions, history, hot, stepping
from engine.verbs.access import SYSTEM
from engine.verbs.errors import StartRefused, StimulusRefused
from engine.verbs.library import Deployed
from tests.verbs.running import Clock, deploy_diagrams

_CORE = frozenset(get_args(HistoryKind))
_RESERVED = ("business_key", "started_by", "started_at")


class StoredTrial(Trial):
    """What `start` and every later stimulus do goes through the one writer; state and history are what the rows say."""

    def __init__(self, store: Store, name: str, *others: str) -> None:
        super().__init__(None, name)  # type: ignore[arg-type]
        self.store = store
        self.id = ""
        clock = Clock(self.now)
        deploy_diagrams(store, clock, *others, name)

    def send(self, stimulus: Stimulus) -> StoredTrial:
        try:
            with self.store.writing() as session:
                self.library = Deployed(session)
                if isinstance(stimulus, Start):
                    row = definitions.latest(session, self.process_id)
                    started = stepping.begin(
                        session, row, stimulus.variables, SYSTEM, self.now, start_event=stimulus.start_event
                    )
                    self.id = started.id
                else:
                    if isinstance(stimulus, SetVariables):
                        stimulus = SetVariables(self.id if stimulus.scope == "i" else stimulus.scope, stimulus.variables)
                    stepping.step(session, self.id, stimulus, SYSTEM, self.now)
        except StimulusRefused as refused:
            raise StepRefused(refused.reason) from None
        except StartRefused as refused:
            raise (refused.__cause__ or refused) from None
        self._read_back()
        if self._is_unfinished:
            return self.send(Continue())
        return self

    def _read_back(self) -> None:
        with self.store.reading() as session:
            hot.forget(session)
            stored = stepping.load(session, self.id, lock=False)
            self._state = stored.state
            self._is_unfinished = session.scalar(select(ProcessInstance.is_unfinished).where(ProcessInstance.id == self.id))
            self.history = [entry for entry in history.entries(session, self.id) if entry.kind in _CORE]
            sent = [row.payload for row in session.execute(select(Job.__table__).where(Job.kind == "message"))]
        named = {"title": stored.labels.title, "businessKey": stored.labels.business_key}
        self.labels = {name: value for name, value in named.items() if value is not None}
        self.effects = []
        for entry in (entry for entry in self.history if entry.kind == "event_thrown"):
            if entry.facts["event"] == "message":
                wanted = (entry.facts["name"], entry.facts["correlation_key"])
                message = next(each for each in sent if (each["name"], each["correlation_key"]) == wanted)
                self.effects.append(MessagePublished(message["name"], message["correlation_key"], message["variables"], entry.node or ""))
            elif entry.facts["event"] == "signal":
                self.effects.append(SignalThrown(str(entry.facts["name"]), {}, entry.node or ""))

    @property
    def variables(self) -> Variables:
        own: Variables = dict(self.state.variables.get(self.id, {}))
        return {name: value for name, value in own.items() if name not in _RESERVED}
