"""One scenario at play: what its steps do to instances in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from engine.core.bpmn.model import Process
from engine.core.bpmn.words import Words
from engine.core.calendar import CalendarError, parse_limit
from engine.core.forms.model import Attachment, Form
from engine.core.forms.submission import submit_json
from engine.core.library import InMemory
from engine.core.runtime.advance import visible
from engine.core.runtime.formulas import property_formula, value_of
from engine.core.runtime.step import CompleteTask, Json, MessageReceived, StepRefused, Variables, Wait
from engine.core.scenario_judging import open_words
from engine.core.scenario_model import Move, Person, Scenario, Stuck, moment_words
from engine.core.scenario_stage import Open, Stage, start_event_for
from engine.core.trial import Trial


class Play:
    """A running scenario."""

    def __init__(self, library: InMemory, process: Process, scenario: Scenario, forms: Mapping[str, Form]) -> None:
        self.library = library
        self.process = process
        self.scenario = scenario
        self.forms = forms
        self.stage = Stage(library, process, scenario.at, scenario.services, scenario.follows)
        self._steps: Mapping[str, Callable[[Move], None]] = {
            "start": self._start, "complete": self._complete, "act": self._act, "send": self._tell, "wait": self._wait,
            "until": self._until, "look": self._look,
        }  # fmt: skip

    @property
    def trial(self) -> Trial:
        """The scenario's own instance."""
        return self.stage.main

    # --------------------------------------------------------------------------------------------------------- stimuli

    def do(self, move: Move) -> None:
        """Raises Stuck if the step cannot be done or leads into an incident."""
        try:
            self._steps[move.action](move)
        except StepRefused as refused:
            raise Stuck("refused", reason=Words(f"refused.{refused.code}", **refused.facts)) from None
        for _, wait in self.stage.waits("incident"):
            reason = Words(f"incident.{wait.code}", **wait.facts)
            raise Stuck("incident", node=self.stage.places.name((wait.process_id, wait.node)), reason=reason)

    def _start(self, move: Move) -> None:
        scenario, person = self.scenario, self._person(move.by)
        facts: Variables = dict(person.facts) if person else {}
        values: Variables = dict(move.values)
        for process_id in scenario.follows:
            if self.stage.places.process(process_id) is None:
                raise Stuck("process_unknown", process=process_id)
        start_event = self._start_event(scenario)
        if start_event is None:
            actor = self._actor(person) or {}
            values = self._filled(self.process.properties.get("startForm"), values, {**facts, "actor": actor})
        self.stage.start(start_event, {**facts, **values}, person.name if person else None)

    def _start_event(self, scenario: Scenario) -> str | None:
        """The start event that begins the instance; None: a person does, with the start form."""
        if scenario.event is not None:
            starts = {(self.process.id, node.id) for node in self.process.start_events}
            found = self.stage.places.find(scenario.event) & starts
            if not found:
                raise Stuck("no_start_event", event=scenario.event)
            return min(found)[1]
        if scenario.message is None:
            return None
        start_event = start_event_for(self.process, "message", scenario.message)
        if start_event is None:
            raise Stuck("nobody_waits", message=scenario.message)
        return start_event

    def _complete(self, move: Move) -> None:
        trial, wait = self._task(move)
        person = self._person(move.by)
        if person is not None and not _may(wait, person):
            raise Stuck("not_theirs", person=person.name, groups="、".join(wait.candidate_groups), assignee=wait.assignee or "—")
        values = self._filled(wait.form_id, move.values, visible(trial.state, wait.id))
        self.stage.advance(trial, CompleteTask(wait.id, values, self._actor(person)))

    def _act(self, move: Move) -> None:
        offering = self.stage.places.with_action(move.target)
        open_ = next(((trial, wait) for trial, wait in self.stage.waits("message") if (wait.process_id, wait.node) in offering), None)
        if open_ is None:
            raise Stuck("action_not_offered", action=move.target)
        trial, wait = open_
        node, person = self.stage.places.node((wait.process_id, wait.node)), self._person(move.by)
        assert node is not None
        seen = visible(trial.state, wait.scope)
        groups = self._groups(node.properties.get("actionGroups", ""), seen)
        if person is not None and not groups & person.groups:
            raise Stuck("not_theirs", person=person.name, groups="、".join(sorted(groups)), assignee="—")
        values = self._filled(node.properties.get("actionForm"), move.values, seen)
        self.stage.advance(trial, MessageReceived(wait.id, values))

    def _groups(self, text: str, seen: Mapping[str, object]) -> set[str]:
        """Candidate groups as a property gives them: a fixed text with commas, or FEEL for a list or such a text."""
        value = value_of(property_formula(text), {**self.library.functions, **seen}, self.stage.world.now)
        names = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
        return {str(name).strip() for name in names} - {""}

    def _look(self, move: Move) -> None:
        """Nothing happens: only what is expected counts."""

    def _wait(self, move: Move) -> None:
        limit = parse_limit(move.target)
        if limit is None:
            raise Stuck("span_invalid", span=move.target)
        now = self.stage.world.now
        try:
            if limit.unit == "workdays":
                moment = self.library.calendar.add_workdays(now, int(limit.amount))
            else:
                moment = now + timedelta(**{limit.unit: float(limit.amount)})
        except (CalendarError, OverflowError):
            raise Stuck("span_invalid", span=move.target) from None
        self.stage.let_pass(moment)

    def _until(self, move: Move) -> None:
        assert move.until is not None
        if move.until < self.stage.world.now:
            raise Stuck("moment_passed", moment=move.target, now=moment_words(self.stage.world.now))
        self.stage.let_pass(move.until)

    def _tell(self, move: Move) -> None:
        if not self.stage.message(move.target, None, dict(move.values)):
            raise Stuck("nobody_waits", message=move.target)

    # ----------------------------------------------------------------------------------------------------------- forms

    def _filled(self, form_id: str | None, values: Mapping[str, Json], variables: Mapping[str, Json]) -> Variables:
        """The answers as the form hands them over; as they are, if there is no such form."""
        form = self.forms.get(form_id or "")
        if form is None:
            return dict(values)
        files = {name: Attachment(name, name, 1, "application/octet-stream") for name in self.scenario.files}
        seen = {**self.library.functions, **self.scenario.lists, **variables}
        judged = submit_json(form, values, seen, now=self.stage.world.now, attachments=files)
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

    def _task(self, move: Move) -> Open:
        wanted = self.stage.places.find(move.target, everywhere=True)
        found = [(trial, wait) for trial, wait in self.stage.waits("user") if (wait.process_id, wait.node) in wanted]
        if move.group is not None:
            found = [(trial, wait) for trial, wait in found if move.group in wait.candidate_groups or move.group == wait.assignee]
        if not found:
            raise Stuck("task_not_open", task=move.target, open=open_words(self.stage))
        own = [(trial, wait) for trial, wait in found if wait.process_id == self.process.id]
        return (own or found)[0]


def _may(wait: Wait, person: Person) -> bool:
    if wait.assignee is not None:
        return wait.assignee == person.name
    return person.name in wait.candidate_users or bool(person.groups & set(wait.candidate_groups))
