"""What goes into the pure core and what comes out: stimuli, the state of an instance, and the Step that one stimulus makes.

    step = advance(library, state, stimulus, now)

Everything here is a value. A writer stores a Step as a set difference: a wait that is new is inserted, one that is gone is
closed, one whose facts changed is updated; history is appended; variable changes are applied by scope and name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

Json: TypeAlias = "str | int | float | Decimal | bool | None | list[Json] | dict[str, Json]"  # Decimal: what no double stands for
Variables: TypeAlias = dict[str, Json]


class Status(StrEnum):
    """Of a process instance. `active` also while incidents are open; `failed` ended by an uncaught error."""

    ACTIVE = "active"
    COMPLETED = "completed"
    TERMINATED = "terminated"  # by a person, or by the diagram's own terminate end event at process level: completed
    FAILED = "failed"


TaskEvent = Literal["assigning", "updating", "completing"]
WaitKind = Literal["user", "job", "timer", "message", "signal", "condition", "incident"]


@dataclass(frozen=True)
class Wait:
    """One place where an instance waits for the world. `id` is the primary key of its user_task, job, timer or subscription row.

    `owner` is the id of the activation it belongs to (for a user task the wait's id itself), `node` the flow node that reacts.
    """

    id: str
    kind: WaitKind
    owner: str
    node: str
    node_name: str
    process_id: str  # key of the process definition whose diagram holds the node (a called one, possibly)
    definition_id: str  # e.g. "appeal_handling:3"
    scope: str  # id of the activation whose variables the node sees first
    created_at: datetime
    due_at: datetime | None = None  # timer: when it fires (None while the clock stands still); user task: until when
    # user task
    form_id: str | None = None
    assignee: str | None = None
    candidate_users: tuple[str, ...] = ()
    candidate_groups: tuple[str, ...] = ()
    follow_up_at: datetime | None = None
    priority: int = 50
    lane: str | None = None
    # job
    job_type: str | None = None
    retries: int = 3
    headers: Mapping[str, str] = field(default_factory=dict)
    # timer, message, signal
    remaining: int | None = None  # firings left of a cycle (None: without end)
    interval: str | None = None  # of a cycle: ISO 8601 duration, or cron
    interrupting: bool = True
    name: str | None = None  # of the message or signal
    correlation_key: str | None = None
    # incident
    code: str | None = None
    facts: Mapping[str, Json] = field(default_factory=dict)


HistoryKind = Literal[
    "instance_started", "instance_ended", "activated", "completed", "cancelled", "flow_taken", "event_caught", "event_thrown",
    "variables_set", "decision_evaluated", "incident_opened", "incident_resolved", "deadline_set", "deadline_moved",
    "clock_stopped", "clock_resumed", "change_denied", "warning",
]  # fmt: skip


class Entry(NamedTuple):
    """One line of an instance's history as the core sees it; the verbs add who did it and the hash chain.

    A tuple, because every step makes a handful of them.
    """

    kind: HistoryKind
    at: datetime
    definition_id: str
    node: str | None = None  # flow node or sequence flow id
    node_kind: str | None = None
    node_name: str | None = None
    activation: str | None = None  # id of the activation
    scope: str | None = None  # id of the activation that contains it
    facts: Mapping[str, Json] = MappingProxyType({})


@dataclass(frozen=True)
class VariableChange:
    """`deleted` True when the scope has ended: the variable is gone from the live store (history keeps its last value)."""

    scope: str
    name: str
    value: Json = None
    deleted: bool = False


@dataclass(frozen=True)
class TaskChange:
    """A person's change of a user task that has taken effect. `by`: the actor as the stimulus gave them.

    `values` are the attributes that have become others (`assignee`, `candidate_users`, `candidate_groups`, `due_at`, `follow_up_at`,
    `priority`), moments as ISO texts.
    """

    task_id: str
    event: TaskEvent
    values: Mapping[str, Json]
    by: Variables | None


@dataclass(frozen=True)
class MessagePublished:
    """To be correlated by the message verb in a transaction of its own right after this step's (buffered when nobody waits)."""

    name: str
    correlation_key: str
    variables: Variables
    node: str


@dataclass(frozen=True)
class SignalThrown:
    """To be broadcast likewise to every other instance and signal start event; the throwing instance has already received it."""

    name: str
    variables: Variables
    node: str


Effect = MessagePublished | SignalThrown


@dataclass(frozen=True)
class Absent:
    """What a state leaves out of one parallel multi-instance activity: so many `items`, with so many `tokens` in all of them.

    `collection` names its output collection, if the elements of that are left out too.
    """

    items: int = 0
    tokens: int = 0
    collection: str | None = None


@dataclass(frozen=True)
class Elements:
    """Stands for the output collection of `body`, whose elements are left out of the state: only those set since are here, by index."""

    body: str
    changed: Mapping[int, Json] = field(default_factory=dict)


class RestNeeded(Exception):
    """The stimulus reaches what the state leaves out. Nothing has happened: call again with the whole state."""


@dataclass(frozen=True)
class State:
    """An instance between two steps: JSON-able, small and flat. `waits` are stored in their own tables and handed back with it.

    `tokens`: one row per live activation `[id, parent id, definition id or null (inherited), node id, phase, facts]`, by age.
    `waits`: by when they opened, then by number. `variables`: scope (activation id) → name → value; the root scope's
    id is the instance id. `absent`: body of a multi-instance activity → what is left out of it (see `items`); a whole state has none.
    """

    instance_id: str
    definition_id: str
    status: Status
    tokens: tuple[list[Json], ...] = ()
    waits: tuple[Wait, ...] = ()
    variables: Mapping[str, Variables] = field(default_factory=dict)
    counter: int = 0  # for ids: "<instance id>.<counter>", in an item of a repeated activity "<item's id>.<counter>"
    activations: int = 0  # automatic activations since the last stimulus from outside
    started_at: datetime | None = None
    absent: Mapping[str, Absent] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """What one stimulus did. `labels` are the process-level facts: businessKey, title, enterprise as evaluated now.

    `unfinished` True: the slice of automatic work is used up; store this step and send `Continue` at once in a new transaction.
    """

    state: State
    history: tuple[Entry, ...] = ()
    variables: tuple[VariableChange, ...] = ()
    effects: tuple[Effect, ...] = ()
    labels: Mapping[str, Json] = field(default_factory=dict)
    unfinished: bool = False
    changed: tuple[TaskChange, ...] = ()


# ---------------------------------------------------------------------------------------------------------------- stimuli


@dataclass(frozen=True)
class Start:
    """Begin an instance. `start_event` None: the none start event; else the message, timer or signal start event with that id.

    `variables` come with the event, so its output mappings decide what of them arrives; `own` are the instance's, come what may.
    """

    instance_id: str
    definition_id: str
    variables: Variables
    start_event: str | None = None
    own: Variables = field(default_factory=dict)


@dataclass(frozen=True)
class CompleteTask:
    """`actor`, if given, is the local variable of that name while the task's output mappings are evaluated, and no longer."""

    task_id: str
    variables: Variables
    actor: Variables | None = None


@dataclass(frozen=True)
class ChangeTask:
    """Give an open user task to somebody, or change its candidates, dates or priority: `values` as in `TaskChange`.

    The task stays as it is until the node's listeners for the change have been heard, and as it was if one of them says no.
    """

    task_id: str
    values: Mapping[str, Json]
    actor: Variables | None = None


@dataclass(frozen=True)
class CompleteJob:
    job_id: str
    variables: Variables


@dataclass(frozen=True)
class JobFailed:
    """Retries are used up: open an incident. A timer's job goes on being tried all the same."""

    job_id: str
    message: str


@dataclass(frozen=True)
class Failing:
    """What the instance has sent, is to hear or has still to do by itself has failed several times: open an incident, run nothing.

    It goes on being tried.
    """

    what: str | None  # the message's or signal's name; None: its own automatic work
    message: str


@dataclass(frozen=True)
class ActFailed:
    """What a person did at a wait could not be carried out, for a fault of the program: open an incident there, run nothing.

    The wait goes on, and the person may try again. `number` finds the fault in the log.
    """

    wait_id: str
    who: str
    number: str


@dataclass(frozen=True)
class ThrowError:
    """A worker reports a BPMN error on its job."""

    job_id: str
    error_code: str
    message: str = ""
    variables: Variables = field(default_factory=dict)


@dataclass(frozen=True)
class TimerDue:
    """A timer fires; `now` must not be before the wait's `due_at`."""

    wait_id: str


@dataclass(frozen=True)
class MessageReceived:
    wait_id: str
    variables: Variables


@dataclass(frozen=True)
class SignalReceived:
    name: str
    variables: Variables


@dataclass(frozen=True)
class Retry:
    """Resolve the incident with this wait id by trying its element again."""

    wait_id: str


@dataclass(frozen=True)
class SetVariables:
    scope: str
    variables: Variables


@dataclass(frozen=True)
class Terminate:
    """A person ends the whole instance."""

    reason: str


@dataclass(frozen=True)
class Continue:
    """Go on with an unfinished step."""


Stimulus = (
    Start | CompleteTask | ChangeTask | CompleteJob | JobFailed | Failing | ActFailed | ThrowError | TimerDue | MessageReceived | SignalReceived
    | Retry | SetVariables | Terminate | Continue
)  # fmt: skip


class StepRefused(Exception):
    """The stimulus does not fit the state: the wait is not open (`wait_not_open`), the timer is not due (`timer_not_due`), …"""

    def __init__(self, code: str, **facts: Json) -> None:
        self.code = code
        self.facts = facts
        super().__init__(f"{code} {facts}")
