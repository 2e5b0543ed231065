"""A small town for the pages: two enterprises, people of every kind, one process."""

from __future__ import annotations

from pathlib import Path

from stdnum.cn import uscc

from engine.tables.store import Store
from engine.verbs import definitions, departments, people, records, reference
from engine.verbs.access import SYSTEM
from tests.verbs.running import Clock

FILES = Path(__file__).parent / "files"
PASSWORD = "correct-horse-staple"
USCC = {"xinyuan": "91410500MA3X00001", "xingtai": "91410500MA3X00002"}  # without their check character
NAMES = {
    "zhao": "赵敏", "qian": "钱进", "wang": "王建国", "li": "李慧", "ma": "马超", "sun": "孙立", "zhou": "周正", "wu": "吴工", "admin": "系统管理员",
}  # fmt: skip
TABLES = {
    "policies.csv": "id,title,level,year,valid_until\np1,首次入规奖励,市级,2025,2027-12-31\np2,技术改造补助,省级,2026,\n".encode(),
    "clauses.csv": "id,level,text\n5.3.3,应,困难收集办理\n6.a,可,企业申请终止\n".encode(),
}


def settle(store: Store, clock: Clock) -> None:
    """People move in. zhao and qian belong to two enterprises, wang serves zhao's; li and ma share a department."""
    with store.writing() as session:
        zone = records.put_zone(session, "高新区", SYSTEM, clock.now, id="zone")
        for id_, name in (("environment", "生态环境分局"), ("finance", "金融工作局")):
            departments.put_department(session, name, SYSTEM, clock.now, id=id_, zone_id=zone)
        for id_, name in (("xinyuan", "鑫源精密机械有限公司"), ("xingtai", "兴泰化工有限公司")):
            code = USCC[id_] + uscc.calc_check_digit(USCC[id_])
            records.create_enterprise(session, uscc=code, name=name, actor=SYSTEM, now=clock.now, zone_id=zone, id=id_)
        places = {
            "zhao": ("enterprise", {"enterprise_id": "xinyuan"}), "qian": ("enterprise", {"enterprise_id": "xingtai"}),
            "wang": ("cadre", {"zone_id": zone}), "li": ("department", {"department_id": "environment"}),
            "ma": ("department", {"department_id": "environment"}), "sun": ("department", {"department_id": "finance"}),
            "zhou": ("supervisor", {"zone_id": zone}), "wu": ("designer", {}), "admin": ("administrator", {}),
        }  # fmt: skip
        ids = {
            username: people.create(
                session, username=username, name=NAMES[username], kind=kind, password=PASSWORD, actor=SYSTEM, now=clock.now,
                demonstration=username != "admin", **place,
            )
            for username, (kind, place) in places.items()
        }  # fmt: skip
        records.assign_cadre(session, "xinyuan", ids["wang"], SYSTEM, clock.now)
        reference.load(session, TABLES, SYSTEM, clock.now)
        definitions.deploy(session, {file.name: file.read_bytes() for file in FILES.iterdir()}, SYSTEM, clock.now, source="files")
