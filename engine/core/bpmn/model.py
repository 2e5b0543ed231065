"""A process as a graph of flow nodes: what the reader makes of a diagram, what the checks judge and the runtime executes.

Values only. Every part knows the line of its element, so that each finding can be placed. Source: BPMN 2.0.2 §7–10 for the
elements, the `zeebe:` extension elements for what makes them executable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Literal

from engine.feel import Expression


class Kind(StrEnum):
    """The flow node types by their local XML name."""

    PROCESS = "process"  # not a flow node: the process itself, where history speaks of it
    TASK = "task"
    MANUAL_TASK = "manualTask"
    USER_TASK = "userTask"
    SERVICE_TASK = "serviceTask"
    SEND_TASK = "sendTask"
    RECEIVE_TASK = "receiveTask"
    SCRIPT_TASK = "scriptTask"
    BUSINESS_RULE_TASK = "businessRuleTask"
    CALL_ACTIVITY = "callActivity"
    SUB_PROCESS = "subProcess"
    EVENT_SUB_PROCESS = "eventSubProcess"  # a subProcess with triggeredByEvent="true"
    TRANSACTION = "transaction"
    AD_HOC_SUB_PROCESS = "adHocSubProcess"
    EXCLUSIVE_GATEWAY = "exclusiveGateway"
    PARALLEL_GATEWAY = "parallelGateway"
    INCLUSIVE_GATEWAY = "inclusiveGateway"
    EVENT_BASED_GATEWAY = "eventBasedGateway"
    COMPLEX_GATEWAY = "complexGateway"
    START_EVENT = "startEvent"
    INTERMEDIATE_CATCH_EVENT = "intermediateCatchEvent"
    INTERMEDIATE_THROW_EVENT = "intermediateThrowEvent"
    BOUNDARY_EVENT = "boundaryEvent"
    END_EVENT = "endEvent"


ACTIVITIES = frozenset(
    {
        Kind.TASK, Kind.MANUAL_TASK, Kind.USER_TASK, Kind.SERVICE_TASK, Kind.SEND_TASK, Kind.RECEIVE_TASK, Kind.SCRIPT_TASK,
        Kind.BUSINESS_RULE_TASK, Kind.CALL_ACTIVITY, Kind.SUB_PROCESS, Kind.TRANSACTION, Kind.AD_HOC_SUB_PROCESS,
    }
)  # fmt: skip
SUB_PROCESSES = frozenset({Kind.SUB_PROCESS, Kind.EVENT_SUB_PROCESS, Kind.TRANSACTION, Kind.AD_HOC_SUB_PROCESS})
GATEWAYS = frozenset(
    {Kind.EXCLUSIVE_GATEWAY, Kind.PARALLEL_GATEWAY, Kind.INCLUSIVE_GATEWAY, Kind.EVENT_BASED_GATEWAY, Kind.COMPLEX_GATEWAY}
)

EventKind = Literal[
    "none", "message", "timer", "signal", "error", "escalation", "conditional", "link", "compensation", "cancel", "terminate"
]


Binding = Literal["latest", "deployment", "versionTag"]  # which version of what is referred to
Behavior = Literal["None", "One", "All", "Complex"]  # when a multi-instance activity throws events (BPMN Table 10.30)


@dataclass(frozen=True)
class Formula:
    """An attribute that holds either a fixed text or, when it begins with `=`, a FEEL expression (the zeebe convention)."""

    text: str
    line: int
    expression: Expression | None = None  # None: the text itself is the value


@dataclass(frozen=True)
class IoMapping:
    """One `zeebe:input` or `zeebe:output`: evaluate `source`, assign to `target` (a name or a dotted path)."""

    source: Formula
    target: str
    line: int


@dataclass(frozen=True)
class EventDefinition:
    """What an event waits for or throws. `name` is the resolved name or code (message, signal, error, escalation, link).

    For a timer, `timer` tells how `value` is to be read. `name` None on error and escalation catches anything.
    """

    kind: EventKind
    line: int
    name: Formula | None = None
    reference: str | None = None  # the id of the message, signal, error or escalation element, or of the compensated activity
    correlation_key: Formula | None = None
    timer: Literal["date", "duration", "cycle"] | None = None
    value: Formula | None = None  # the timer's text, or the condition
    wait_for_completion: bool = True  # compensation throws


@dataclass(frozen=True)
class MultiInstance:
    """`multiInstanceLoopCharacteristics`: items by `collection` (zeebe) or a fixed `cardinality` (BPMN §10.3.8)."""

    sequential: bool
    line: int
    collection: Formula | None = None
    element: str | None = None
    output_collection: str | None = None
    output_element: Formula | None = None
    cardinality: Formula | None = None
    completion_condition: Formula | None = None
    # `behavior`: events thrown as items complete, caught by boundary events of the activity (BPMN Table 10.30): on each item
    # ("None"), on the first ("One"), or on those whose condition holds ("Complex"). "All": none.
    behavior: Behavior = "All"
    behavior_event: EventDefinition | None = None
    complex_behavior: tuple[tuple[Formula, EventDefinition], ...] = ()


@dataclass(frozen=True)
class StandardLoop:
    """`standardLoopCharacteristics` (BPMN §10.3.8)."""

    line: int
    test_before: bool = False
    maximum: int | None = None
    condition: Formula | None = None


@dataclass(frozen=True)
class UserTask:
    """With which form a person does it, who, until when, and how urgent it is (zeebe formDefinition, assignmentDefinition …)."""

    form_id: str | None = None
    form_binding: Binding = "deployment"
    form_version_tag: str | None = None
    assignee: Formula | None = None
    candidate_users: Formula | None = None  # a FEEL list, or a comma-separated fixed text
    candidate_groups: Formula | None = None
    due_date: Formula | None = None
    follow_up_date: Formula | None = None
    priority: Formula | None = None


SEND_MESSAGE = "send message"  # the task type that asks for nothing but the node's own message


@dataclass(frozen=True)
class Job:
    """`zeebe:taskDefinition`: work done outside the transaction by a handler of this type."""

    type: Formula
    retries: Formula | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def sends_message(self) -> bool:
        """The message itself goes out, in the same step. Camunda 8 deploys no throwing message without a task definition."""
        return self.type.expression is None and self.type.text == SEND_MESSAGE


@dataclass(frozen=True)
class Script:
    """`zeebe:script`: evaluated in the same step."""

    expression: Formula
    result_variable: str


@dataclass(frozen=True)
class CalledDecision:
    """`zeebe:calledDecision`: a decision by its id, fixed or computed."""

    decision_id: Formula
    result_variable: str
    binding: Binding = "deployment"
    version_tag: str | None = None


@dataclass(frozen=True)
class CalledProcess:
    """`zeebe:calledElement`: a process by its id, fixed or computed; which variables go in and come out of their own accord."""

    process_id: Formula
    propagate_all_parent: bool = True
    propagate_all_child: bool = True
    binding: Binding = "latest"
    version_tag: str | None = None


@dataclass(frozen=True)
class AdHoc:
    """An ad-hoc sub-process: `active_elements` names the elements to start (default: all without incoming flow).

    Where a path inside ends, `output_element` is evaluated and joins `output_collection`.
    """

    sequential: bool = False
    completion_condition: Formula | None = None
    cancel_remaining: bool = True
    active_elements: Formula | None = None
    output_collection: str | None = None
    output_element: Formula | None = None


@dataclass(frozen=True)
class Listener:
    """An execution or task listener: what is heard at a point of the node's life before it goes on.

    A job of this type for a handler; a type that is FEEL and gives a context is the listener itself.
    """

    event: Literal["start", "end", "creating", "assigning", "updating", "completing", "canceling"]
    job: Job


Detail = UserTask | Job | Script | CalledDecision | CalledProcess | AdHoc


@dataclass(frozen=True)
class Node:
    """One flow node. `scope` is the id of the sub-process or process that directly contains it."""

    id: str
    kind: Kind
    name: str
    line: int
    scope: str
    incoming: tuple[str, ...] = ()  # sequence flow ids, in document order
    outgoing: tuple[str, ...] = ()
    default: str | None = None  # the default flow's id
    properties: Mapping[str, str] = field(default_factory=dict)  # zeebe:properties
    documentation: str = ""
    inputs: tuple[IoMapping, ...] = ()
    outputs: tuple[IoMapping, ...] = ()
    events: tuple[EventDefinition, ...] = ()  # empty: a none event; send and receive tasks: their message, if they name one
    parallel_multiple: bool = False
    attached_to: str | None = None  # boundary events
    interrupting: bool = True  # boundary events (cancelActivity) and start events of event sub-processes (isInterrupting)
    loop: MultiInstance | StandardLoop | None = None
    detail: Detail | None = None
    lane: str | None = None  # the name of the innermost lane
    for_compensation: bool = False
    start_quantity: int = 1
    completion_quantity: int = 1
    instantiate: bool = False  # receive tasks and event-based gateways
    parallel: bool = False  # event-based gateways: eventGatewayType="Parallel"
    activation_condition: Formula | None = None  # complex gateways
    listeners: tuple[Listener, ...] = ()

    @property
    def event(self) -> EventDefinition | None:
        return self.events[0] if self.events else None


@dataclass(frozen=True)
class Flow:
    """A sequence flow. A missing condition means: always."""

    id: str
    name: str
    source: str
    target: str
    line: int
    condition: Formula | None = None


@dataclass(frozen=True)
class Scope:
    """A process or sub-process seen from inside. Ids in document order."""

    id: str
    starts: tuple[str, ...]  # nodes that get a token when the scope is entered without an event: none start events, or nodes without incoming
    nodes: tuple[str, ...]
    event_sub_processes: tuple[str, ...] = ()
    boundary_events: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # activity id → its boundary events
    links: Mapping[str, str] = field(default_factory=dict)  # link name → catching node
    compensations: Mapping[str, str] = field(default_factory=dict)  # activity id → the activity that undoes it
    data_objects: tuple[str, ...] = ()  # variables declared null when the scope begins


@dataclass(frozen=True)
class Interface:
    """`ioSpecification` of a process or a global task: the variables that a call brings in and takes out, and no others.

    One of the sets of `required` inputs must be there for a call to begin. Source: BPMN 2.0.2 §10.4.2.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    required: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, eq=False)  # compared and cached by identity: a definition never changes
class Process:
    """One executable process of a diagram, checked and ready to run."""

    id: str
    name: str
    file: str
    line: int
    nodes: Mapping[str, Node]
    flows: Mapping[str, Flow]
    scopes: Mapping[str, Scope]  # by process id and sub-process id
    properties: Mapping[str, str] = field(default_factory=dict)
    documentation: str = ""
    version_tag: str | None = None
    candidate_starters: Formula | None = None  # who may start it by hand: the `candidateStarterGroups` property
    listeners: tuple[Listener, ...] = ()
    interface: Interface | None = None
    is_global_task: bool = False  # its one node has neither start nor end around it

    @cached_property
    def start_events(self) -> tuple[Node, ...]:
        """What can start an instance, in document order: start events of the process itself, instantiating receive tasks and
        the events behind an instantiating event-based gateway."""
        outside = [node for node in self.nodes.values() if node.scope == self.id]
        behind = {
            self.flows[flow].target
            for node in outside
            if node.kind is Kind.EVENT_BASED_GATEWAY and node.instantiate
            for flow in node.outgoing
        }
        return tuple(
            node
            for node in outside
            if node.kind is Kind.START_EVENT or node.id in behind or (node.kind is Kind.RECEIVE_TASK and node.instantiate)
        )


@dataclass(frozen=True)
class Shape:
    """A box of the drawing: `element` is the flow node, lane, pool or label owner; px as in the file's BPMNDI."""

    element: str
    x: float
    y: float
    width: float
    height: float
    expanded: bool = True
    horizontal: bool = True
    label: tuple[float, float, float, float] | None = None


@dataclass(frozen=True)
class Edge:
    """A line of the drawing with its way points."""

    element: str
    points: tuple[tuple[float, float], ...]
    label: tuple[float, float, float, float] | None = None


@dataclass(frozen=True)
class Artefact:
    """What is drawn but never executed: pools, lanes, text annotations, groups, message flows, associations, data objects."""

    id: str
    kind: str
    name: str
    line: int


@dataclass(frozen=True)
class Diagram:
    """A whole file: its executable processes and its drawing."""

    file: str
    processes: tuple[Process, ...]
    shapes: tuple[Shape, ...] = ()
    edges: tuple[Edge, ...] = ()
    artefacts: Mapping[str, Artefact] = field(default_factory=dict)
    others: tuple[Process, ...] = ()  # not executable: drawn, never deployed
