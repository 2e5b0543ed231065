"""Demonstration data, made by really running the processes: people, enterprises, an appeal in every state, services under way.

The stories are told in working days before now. Each act is one transaction with the moment it would have had, and the worker fires
every timer in between; so the data obeys every rule of the diagrams and cannot rot.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select

from engine.core.calendar import CHINA, Calendar
from engine.tables.instances import ProcessInstance
from engine.tables.store import Store
from engine.tables.tasks import UserTask
from engine.texts import text
from engine.verbs import access, actions, calendars, deploying, jobs, people, records, reference, starting, tasks
from engine.verbs.access import SYSTEM, Kind
from engine.verbs.worker import run_once
from webapp import files
from webapp.service_stories import SERVICE_STORIES
from webapp.stories import STORIES, Act, Do, Later, Story, Wait

PASSWORD = "zhuqi-demo-2026"


@dataclass(frozen=True)
class Account:
    username: str
    name: str
    kind: Kind
    department: str | None = None
    enterprise: str | None = None
    zone: str | None = None
    position: str = ""


ZONE = "产业功能区"
# username of its person → (name, unified social credit code, contact's telephone)
ENTERPRISES = {
    "qiye1": ("鹤壁市恒远电子科技有限公司", "91410600MA9D000011", "13800000001"),
    "qiye2": ("河南绿源生物制品有限公司", "91410600MA9D000037", "13800000002"),
    "qiye3": ("鹤壁市鼎新精密制造有限公司", "91410600MA9D00005D", "13800000003"),
}
CADRES = {"ganbu1": ("qiye1", "qiye2"), "ganbu2": ("qiye3",)}
ACCOUNTS = (
    Account("qiye1", "郭明远", Kind.ENTERPRISE, enterprise="qiye1", position="办公室主任"),
    Account("qiye2", "宋晓梅", Kind.ENTERPRISE, enterprise="qiye2", position="总经理助理"),
    Account("qiye3", "韩志强", Kind.ENTERPRISE, enterprise="qiye3", position="副总经理"),
    Account("ganbu1", "李文静", Kind.CADRE, zone=ZONE, position="产业服务专员"),
    Account("ganbu2", "张海涛", Kind.CADRE, zone=ZONE, position="产业服务专员"),
    Account("zhuanban", "王丽华", Kind.DEPARTMENT, department="appeal_team", zone=ZONE, position="诉求专班"),
    Account("jinrong", "赵国栋", Kind.DEPARTMENT, department="finance", zone=ZONE, position="财政金融服务局"),
    Account("jianshe", "刘建军", Kind.DEPARTMENT, department="construction", zone=ZONE, position="建设管理局"),
    Account("renshe", "陈静", Kind.DEPARTMENT, department="labour", zone=ZONE, position="党建和人力资源部"),
    Account("shenpi", "孙伟", Kind.DEPARTMENT, department="approval", zone=ZONE, position="行政审批局"),
    Account("fuwu", "周敏", Kind.DEPARTMENT, department="service_team", zone=ZONE, position="助企服务专班"),
    Account("tousu", "郑洁", Kind.DEPARTMENT, department="letters", zone=ZONE, position="投诉受理中心"),
    Account("disanfang", "何睿", Kind.DEPARTMENT, department="third_party", position="第三方评价机构"),
    Account("ducha", "周正", Kind.SUPERVISOR, zone=ZONE, position="督查室"),
    Account("sheji", "孙慧", Kind.DESIGNER, zone=ZONE, position="营商环境办"),
    Account("admin", "系统管理员", Kind.ADMINISTRATOR, position="信息中心"),
)


def prepare(store: Store, now: datetime) -> int:
    """Deploy what is on disk and, in an empty database, make the demonstration data; how many cases were made (0: data kept).

    Raises Refused if the files have errors.
    """
    with store.writing() as session:
        reference.load(session, files.find([], files.REFERENCE), SYSTEM, now)
        deploying.deploy(session, files.find([]), SYSTEM, now, source="files")
        empty = session.scalar(select(func.count()).select_from(ProcessInstance)) == 0
    if not empty:
        return 0
    stage = _set_up(store, now)
    for story in (*STORIES, *SERVICE_STORIES):
        stage.tell(story)
    stage.settle(now)
    return len(STORIES) + len(SERVICE_STORIES)


def accounts(store: Store, language: str) -> Iterator[str]:
    """A line per demonstration account that there is: user name, password, who it is."""
    with store.reading() as session:
        active = {row.username for row in people.demonstrations(session)}
    for account in ACCOUNTS:
        if account.username not in active:
            continue
        role = text(f"kind.{account.kind}", language)
        yield text(
            "cli.demo_account", language, username=account.username, password=PASSWORD, name=account.name,
            role=f"{role} {account.position}".strip(),
        )  # fmt: skip


def _set_up(store: Store, now: datetime) -> Stage:
    stage = Stage(store, now)
    founded = now - timedelta(days=90)
    with store.writing() as session:
        zone = records.put_zone(session, ZONE, SYSTEM, founded)
        for key, (name, uscc, phone) in ENTERPRISES.items():
            stage.enterprises[key] = records.create_enterprise(
                session, uscc=uscc, name=name, actor=SYSTEM, now=founded, zone_id=zone, phone=phone,
                contact=next(account.name for account in ACCOUNTS if account.enterprise == key),
            )
        for account in ACCOUNTS:
            stage.people[account.username] = people.create(
                session, username=account.username, name=account.name, kind=account.kind, password=PASSWORD, actor=SYSTEM,
                now=founded, enterprise_id=stage.enterprises.get(account.enterprise or ""), department_id=account.department,
                zone_id=zone if account.zone else None, position=account.position, demonstration=True,
            )  # fmt: skip
        for cadre, served in CADRES.items():
            for key in served:
                records.assign_cadre(session, stage.enterprises[key], stage.people[cadre], SYSTEM, founded)
        stage.calendar = calendars.calendar(session)
    return stage


@dataclass
class Stage:
    """Where the stories are told: who is who, and what time it is in the story."""

    store: Store
    now: datetime
    people: dict[str, str] = field(default_factory=dict)
    enterprises: dict[str, str] = field(default_factory=dict)
    calendar: Calendar = field(default_factory=Calendar)

    def tell(self, story: Story) -> None:
        """Play one story from its filing to where it stands now."""
        instance_id, clock = "", self.now
        for step in story.steps:
            clock = self.at(step.days_ago, step.time)
            if isinstance(step, Wait):
                self.settle(clock)
            elif not instance_id:
                instance_id = self._file(story.process, step, clock)
            else:
                self.settle(clock)
                self._do(instance_id, step, clock)

    def at(self, days_ago: int, time: str) -> datetime:
        """So many working days before now at this time of day in China; never later than now."""
        day = self.calendar.shift(self.now.astimezone(CHINA).date(), -days_ago)
        hour, minute = map(int, time.split(":"))
        return min(datetime(day.year, day.month, day.day, hour, minute, tzinfo=CHINA), self.now)

    def settle(self, clock: datetime) -> None:
        """Let the worker do everything that is due until `clock`, each thing at its own moment."""
        while True:
            with self.store.reading() as session:
                due = jobs.next_due(session, clock)
            if due is None or due > clock:
                return
            run_once(self.store, due, sweep=False)

    def _file(self, process: str, act: Act, clock: datetime) -> str:
        values = {name: self._resolved(value) for name, value in act.values.items()}
        with self.store.writing() as session:
            actor = access.actor(session, self.people[act.who], clock)
            return starting.start_json(session, process, values, actor, clock).id

    def _do(self, instance_id: str, act: Act, clock: datetime) -> None:
        values = {name: self._resolved(value) for name, value in act.values.items()}
        with self.store.writing() as session:
            actor = access.actor(session, self.people[act.who], clock)
            if isinstance(act, Do):
                wait = next(each for each in actions.actions(session, instance_id, actor) if each.label == act.node)
                actions.perform_action(session, wait.wait_id, {name: [str(value)] for name, value in values.items()}, actor, clock)
                return
            query = select(UserTask.id).where(
                UserTask.instance_id == instance_id, UserTask.closed_at.is_(None), or_(UserTask.node == act.node, UserTask.name == act.node)
            )
            query = query.where(access.workable_tasks(actor))
            tasks.complete_json(session, session.scalars(query.order_by(UserTask.id)).first() or "", values, actor, clock)

    def _resolved(self, value: object) -> object:
        """`@qiye1`: the enterprise, `#jinrong`: the person, `Later`: a date or moment; anything else is itself."""
        if isinstance(value, Later):
            return self._later(value)
        if isinstance(value, str) and value.startswith("@"):
            return self.enterprises[value[1:]]
        if isinstance(value, str) and value.startswith("#"):
            return self.people[value[1:]]
        return value

    def _later(self, later: Later) -> str:
        day = self.now.astimezone(CHINA).date() + timedelta(days=later.days)
        return f"{day.isoformat()}T{later.time}+08:00" if later.time else day.isoformat()
