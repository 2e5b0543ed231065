"""One scenario at play: what its steps do to an instance in memory, and how what came of it differs from what was expected."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta

from engine.core.bpmn.model import Process
from engine.core.bpmn.words import Words
from engine.core.calendar import CHINA, CalendarError, parse_limit
from engine.core.forms.model import Attachment, Form
from engine.core.forms.submission import submit_json
from engine.core.library import Library
from engine.core.runtime.advance import visible
from engine.core.runtime.deadlines import property_formula
from engine.core.runtime.step import (
    CompleteJob, CompleteTask, Json, MessagePublished, MessageReceived, Start, Status, StepRefused, Stimulus, ThrowError, TimerDue,
    Variables, Wait,
)  # fmt: skip
from engine.core.scenario_model import Expectation, Move, Person, Scenario, Stuck
from engine.core.trial import Trial

Difference = tuple[str, dict[str, object]]
LONGEST = 10_000  # automatic stimuli (jobs, timers, messages) in one scenario: a cycle timer must not play for ever


class Play:
    """A running scenario."""

    def __init__(self, library: Library, process: Process, scenario: Scenario, forms: Mapping[str, Form]) -> None:
        self.process = process
        self.scenario = scenario
        self.forms = forms
        self.trial = Trial(library, process.id, now=scenario.at)
        self.sent = 0
        self.delivered = 0
        self._steps: Mapping[str, Callable[[Move], None]] = {
            "start": self._start, "complete": self._complete, "act": self._act, "send": self._tell, "wait": self._wait,
            "until": self._until, "look": self._look,
        }  # fmt: skip

    # --------------------------------------------------------------------------------------------------------- stimuli

    def do(self, move: Move) -> None:
        """Raises Stuck if the step cannot be done or leads into an incident."""
        try:
            self._steps[move.action](move)
        except StepRefused as refused:
            raise Stuck("refused", reason=Words(f"refused.{refused.code}", **refused.facts)) from None
        for wait in self.trial.waits("incident"):
            raise Stuck("incident", node=self._name(wait.node), reason=Words(f"incident.{wait.code}", **wait.facts))

    def _start(self, move: Move) -> None:
        scenario, person = self.scenario, self._person(move.by)
        name = person.name if person else ""
        facts: Variables = dict(person.facts) if person else {}
        values: Variables = dict(move.values)
        start_event = None
        if scenario.message is None:
            actor = self._actor(person) or {}
            values = self._filled(self.process.properties.get("startForm"), values, {**facts, "actor": actor})
        else:
            start_event = self._message_start(scenario.message)
        at = scenario.at.astimezone(CHINA)
        given: Variables = {
            **facts, **values, "business_key": business_key(self.process.properties.get("numbering", ""), at),
            "started_by": {"id": name, "name": name}, "started_at": at.isoformat(),
        }  # fmt: skip
        self._advance(Start("i", self.process.id, given, start_event))

    def _complete(self, move: Move) -> None:
        wait = self._task(move)
        person = self._person(move.by)
        if person is not None and not _may(wait, person):
            raise Stuck("not_theirs", person=person.name, groups="、".join(wait.candidate_groups), assignee=wait.assignee or "—")
        values = self._filled(wait.form_id, move.values, self._visible(wait))
        self._advance(CompleteTask(wait.id, values, self._actor(person)))

    def _act(self, move: Move) -> None:
        nodes = {id_ for id_, node in self.process.nodes.items() if node.properties.get("action") == move.target}
        wait = next((wait for wait in self.trial.waits("message") if wait.node in nodes), None)
        if wait is None:
            raise Stuck("action_not_offered", action=move.target)
        node, person = self.process.nodes[wait.node], self._person(move.by)
        groups = self._groups(node.properties.get("actionGroups", ""))
        if person is not None and not groups & person.groups:
            raise Stuck("not_theirs", person=person.name, groups="、".join(sorted(groups)), assignee="—")
        values = self._filled(node.properties.get("actionForm"), move.values, self.trial.variables)
        self._advance(MessageReceived(wait.id, values))

    def _groups(self, text: str) -> set[str]:
        """Candidate groups as a property gives them: a fixed text with commas, or FEEL for a list or such a text."""
        formula = property_formula(text)
        value: object = formula.text
        if formula.expression is not None:
            seen = {**self.trial.library.functions, **self.trial.variables}
            value = formula.expression.evaluate(seen, now=self.trial.now).value
        names = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
        return {str(name).strip() for name in names} - {""}

    def _message(self, name: str, key: str | None, values: Variables) -> bool:
        for wait in self.trial.waits("message"):
            if wait.name == name and key in (None, wait.correlation_key):
                self._advance(MessageReceived(wait.id, values))
                return True
        return False

    def _look(self, move: Move) -> None:
        """Nothing happens: only what is expected counts."""

    def _wait(self, move: Move) -> None:
        limit = parse_limit(move.target)
        if limit is None:
            raise Stuck("span_invalid", span=move.target)
        amount = int(limit.amount)
        try:
            if limit.unit == "workdays":
                moment = self.trial.library.calendar.add_workdays(self.trial.now, amount)
            else:
                moment = self.trial.now + timedelta(**{limit.unit: float(limit.amount)})
        except (CalendarError, OverflowError):
            raise Stuck("span_invalid", span=move.target) from None
        self._let_pass(moment)

    def _until(self, move: Move) -> None:
        assert move.until is not None
        if move.until < self.trial.now:
            raise Stuck("moment_passed", moment=move.target, now=_words(self.trial.now))
        self._let_pass(move.until)

    def _tell(self, move: Move) -> None:
        if not self._message(move.target, None, dict(move.values)):
            raise Stuck("nobody_waits", message=move.target)

    def _let_pass(self, moment: datetime) -> None:
        """Fire every timer at its own moment, in order, with the jobs it sets off."""
        while self.trial.status is Status.ACTIVE:
            due = [wait for wait in self.trial.waits("timer") if wait.due_at is not None and wait.due_at <= moment]
            if not due:
                break
            first = min(due, key=lambda wait: (wait.due_at, wait.id))
            self.trial.now = max(self.trial.now, first.due_at)  # type: ignore[type-var]
            self._advance(TimerDue(first.id))
        self.trial.now = moment

    def _advance(self, stimulus: Stimulus) -> None:
        self.sent += 1
        if self.sent > LONGEST:
            raise Stuck("too_long", limit=LONGEST)
        self.trial.send(stimulus)
        while self.trial.status is Status.ACTIVE and (jobs := self.trial.waits("job")):
            self.trial.send(self._answer(jobs[0]))
        self._deliver()

    def _answer(self, job: Wait) -> Stimulus:
        """What the service task brings, as the scenario says."""
        self.sent += 1
        if self.sent > LONGEST:
            raise Stuck("too_long", limit=LONGEST)
        answers = self.scenario.services
        values: Variables = dict(answers.get(job.node, answers.get(self._name(job.node), {})))
        if isinstance(code := values.get("error"), str):
            return ThrowError(job.id, code, "", {name: value for name, value in values.items() if name != "error"})
        return CompleteJob(job.id, values)

    def _deliver(self) -> None:
        """Messages that the instance has sent and waits for itself."""
        while self.delivered < len(self.trial.effects):
            effect = self.trial.effects[self.delivered]
            self.delivered += 1
            if isinstance(effect, MessagePublished) and self.trial.status is Status.ACTIVE:
                self._message(effect.name, effect.correlation_key, effect.variables)

    # ----------------------------------------------------------------------------------------------------------- forms

    def _filled(self, form_id: str | None, values: Mapping[str, Json], variables: Mapping[str, Json]) -> Variables:
        """The answers as the form hands them over; as they are, if there is no such form."""
        form = self.forms.get(form_id or "")
        if form is None:
            return dict(values)
        files = {name: Attachment(name, name, 1, "application/octet-stream") for name in self.scenario.files}
        seen = {**self.trial.library.functions, **self.scenario.lists, **variables}
        judged = submit_json(form, values, seen, now=self.trial.now, attachments=files)
        if judged.errors:
            first, *others = (Words(error.code, **error.facts) for error in judged.errors.values())
            raise Stuck("form_refused", form=form.id, reason=first, others=len(others))
        return judged.values

    # --------------------------------------------------------------------------------------------------------- finding

    def _person(self, name: str | None) -> Person | None:
        if name is None:
            return None
        person = self.scenario.people.get(name)
        if person is None:
            raise Stuck("person_unknown", person=name, known="、".join(self.scenario.people))
        return person

    def _actor(self, person: Person | None) -> Variables | None:
        if person is None:
            return None
        return {"id": person.name, "name": person.name, "kind": person.kind, "department": person.facts.get("department")}

    def _task(self, move: Move) -> Wait:
        wanted = self._nodes(move.target)
        found = [wait for wait in self.trial.waits("user") if wait.node in wanted]
        if move.group is not None:
            found = [wait for wait in found if move.group in wait.candidate_groups or move.group == wait.assignee]
        if not found:
            raise Stuck("task_not_open", task=move.target, open=self._open_words())
        return found[0]

    def _visible(self, wait: Wait) -> Variables:
        return visible(self.trial.library, self.trial.state, wait.id)

    def _nodes(self, name: str) -> set[str]:
        """Ids of the elements with this name or id. Raises Stuck."""
        found = {id_ for id_, node in self.process.nodes.items() if id_ == name or _one_line(node.name) == name}
        if not found:
            raise Stuck("element_unknown", element=name)
        return found

    def _name(self, node_id: str) -> str:
        node = self.process.nodes.get(node_id)
        return _one_line(node.name) or node_id if node else node_id

    def _message_start(self, name: str) -> str:
        for node in self.process.start_events:
            if node.event and node.event.kind == "message" and node.event.name and node.event.name.text == name:
                return node.id
        raise Stuck("nobody_waits", message=name)

    # ---------------------------------------------------------------------------------------------------------- judging

    @property
    def visited(self) -> tuple[str, ...]:
        nodes = self.process.nodes
        return tuple(entry.node for entry in self.trial.history if entry.kind == "activated" and entry.node in nodes)  # type: ignore[misc]

    @property
    def taken(self) -> frozenset[str]:
        return frozenset(entry.node for entry in self.trial.history if entry.kind == "flow_taken" and entry.node)

    @property
    def variables(self) -> Variables:
        """The instance's variables; after its end the last values they had."""
        if self.sent and self.trial.status is Status.ACTIVE:
            return self.trial.variables
        last: Variables = {}
        for entry in self.trial.history:
            known = entry.facts.get("variables")
            if entry.kind in ("variables_set", "instance_started") and isinstance(known, dict) and not entry.facts.get("local"):
                last.update(known)
        return last

    def differences(self, expected: Expectation) -> Iterator[Difference]:
        """Each point in which things are not as expected."""
        try:
            yield from self._state_differences(expected)
            yield from self._path_differences(expected)
        except Stuck as stuck:
            yield stuck.code, dict(stuck.facts)

    def _state_differences(self, expected: Expectation) -> Iterator[Difference]:
        status = str(self.trial.status)
        if expected.status is not None and status != expected.status:
            yield "status_differs", {"expected": expected.status, "found": status, "open": self._open_words()}
        if expected.open is not None:
            for name in expected.open:
                self._nodes(name)
            wanted = sorted(self._name(next(iter(self._nodes(name)))) for name in expected.open)
            if wanted != sorted(map(self._name, self.trial.open_tasks)):
                yield "open_differs", {"expected": "、".join(wanted) or "—", "found": self._open_words()}
        for name, moment in expected.due.items():
            yield from self._due_differences(name, moment)
        variables = self.variables
        for path, value in expected.variables.items():
            found = _dig(variables, path)
            if found != value:
                yield "variable_differs", {"name": path, "expected": _json(value), "found": _json(found)}

    def _due_differences(self, name: str, moment: datetime | None) -> Iterator[Difference]:
        wanted = self._nodes(name)
        tasks = [wait for wait in self.trial.waits("user") if wait.node in wanted]
        if not tasks:
            yield "task_not_open", {"task": name, "open": self._open_words()}
        for wait in tasks[:1]:
            if wait.due_at != moment:
                yield "due_differs", {"task": name, "expected": _words(moment), "found": _words(wait.due_at)}

    def _path_differences(self, expected: Expectation) -> Iterator[Difference]:
        visited = self.visited
        at = 0
        for name in expected.path:
            wanted = self._nodes(name)
            later = next((index for index in range(at, len(visited)) if visited[index] in wanted), None)
            if later is None:
                yield "path_differs", {"element": name, "visited": " → ".join(map(self._name, visited))}
                break
            at = later + 1
        for name in expected.avoids:
            if self._nodes(name) & set(visited):
                yield "path_avoids", {"element": name}
        if expected.end is not None:
            ends = self.trial.ends
            if not ends or ends[-1] not in self._nodes(expected.end):
                yield "end_differs", {"expected": expected.end, "found": self._name(ends[-1]) if ends else "—"}

    def _open_words(self) -> str:
        return "、".join(sorted(map(self._name, self.trial.open_tasks))) or "—"


def business_key(numbering: str, at: datetime) -> str:
    """The first number of a pattern such as `SQ{yyyy}{seq:5}` on the local day of `at`."""
    parts = {"{yyyy}": f"{at:%Y}", "{yy}": f"{at:%y}", "{mm}": f"{at:%m}", "{dd}": f"{at:%d}"}
    for word, digits in parts.items():
        numbering = numbering.replace(word, digits)
    for width in range(1, 10):
        numbering = numbering.replace(f"{{seq:{width}}}", "1".zfill(width))
    return numbering


def _may(wait: Wait, person: Person) -> bool:
    if wait.assignee is not None:
        return wait.assignee == person.name
    return person.name in wait.candidate_users or bool(person.groups & set(wait.candidate_groups))


def _dig(value: Json, path: str) -> Json:
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _one_line(name: str) -> str:
    """A name as people write it: without the line breaks that only the drawing needs."""
    return "".join(name.split("\n")).strip()


def _words(moment: datetime | None) -> str:
    return f"{moment.astimezone(CHINA):%Y-%m-%d %H:%M}" if moment else "—"


def _json(value: Json) -> str:
    return str(value) if value is not None else "—"
