"""The people of the appeal process, and the project's own diagrams, tables and forms deployed for them."""

from __future__ import annotations

from pathlib import Path

from stdnum.cn import uscc

from engine.tables.store import Store
from engine.verbs import definitions, people, records, reference
from engine.verbs.access import SYSTEM
from tests.verbs.running import Clock

ROOT = Path(__file__).parent.parent.parent
PASSWORD = "correct-horse-staple"
ENTERPRISES = {"xinyuan": ("91410500MA3X00001", "鑫源精密机械有限公司"), "xingtai": ("91410500MA3X00002", "兴泰化工有限公司")}
PEOPLE = {
    "zhao": ("赵敏", "enterprise", {"enterprise_id": "xinyuan"}),
    "qian": ("钱进", "enterprise", {"enterprise_id": "xingtai"}),
    "wang": ("王建国", "cadre", {"zone_id": "zone"}),
    "zhang": ("张敏", "department", {"department_id": "appeal_team"}),
    "li": ("李慧", "department", {"department_id": "environment"}),
    "sun": ("孙立", "department", {"department_id": "finance"}),
    "zhou": ("周正", "supervisor", {"zone_id": "zone"}),
    "wu": ("吴工", "designer", {}),
}  # fmt: skip


def found(store: Store, clock: Clock) -> None:
    """Departments from the reference table, two enterprises, eight people, everything deployed."""
    with store.writing() as session:
        records.put_zone(session, "高新区", SYSTEM, clock.now, id="zone")
        tables = {file.name: file.read_bytes() for file in (ROOT / "workflows" / "reference").glob("*.csv")}
        reference.load(session, tables, SYSTEM, clock.now)
        for id_, (code, name) in ENTERPRISES.items():
            code += uscc.calc_check_digit(code)
            records.create_enterprise(session, uscc=code, name=name, actor=SYSTEM, now=clock.now, zone_id="zone", id=id_)
        ids = {
            username: people.create(
                session, username=username, name=name, kind=kind, password=PASSWORD, actor=SYSTEM, now=clock.now, demonstration=True,
                **place,
            )
            for username, (name, kind, place) in PEOPLE.items()
        }  # fmt: skip
        records.assign_cadre(session, "xinyuan", ids["wang"], SYSTEM, clock.now)
        definitions.deploy(session, deployable(), SYSTEM, clock.now, source="files")


def deployable() -> dict[str, bytes]:
    """Every diagram, table and form of the project by file name."""
    files = [*(ROOT / "workflows").glob("*/*.bpmn"), *(ROOT / "workflows").glob("*/*.dmn"), *(ROOT / "forms").glob("*.form")]
    return {file.name: file.read_bytes() for file in files}
