"""The demonstration cases of the appeal process: who does what, how many working days ago. A case stands in every state."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Act:
    """A person completes the open task with this id or name (the first act of a story files the case) with these answers."""

    days_ago: int
    time: str
    who: str
    node: str = ""
    values: dict[str, object] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", self.values or {})


@dataclass(frozen=True)
class Do(Act):
    """An action that the diagram offers, named by its label."""


@dataclass(frozen=True)
class Wait(Act):
    """Nobody does anything until then."""


@dataclass(frozen=True)
class Story:
    title: str
    steps: tuple[Act, ...]
    process: str = "appeal_handling"


@dataclass(frozen=True)
class Later:
    """Among the answers: a day so many days after now (negative: before), or a moment of that day in China."""

    days: int
    time: str | None = None


def filed(days: int, time: str, who: str, title: str, kind: str, content: str, **more: object) -> Act:
    contact = {"qiye1": ("郭明远", "13800000001"), "qiye2": ("宋晓梅", "13800000002"), "qiye3": ("韩志强", "13800000003")}
    name, phone = contact[str(more.get("enterprise_id", "@" + who))[1:]]
    values = {
        "appeal_title": title, "appeal_type": kind, "appeal_content": content, "contact_name": name, "contact_phone": phone, **more,
    }  # fmt: skip
    return Act(days, time, who, "", values)


def classified(days: int, time: str, category: str, urgency: str = "normal") -> Act:
    return Act(days, time, "zhuanban", "classify_appeal", {"category": category, "urgency": urgency})


def assigned(days: int, time: str, department: str, limit: int, **more: object) -> Act:
    return Act(days, time, "zhuanban", "assign_appeal", {"department_id": department, "limit_days": limit, **more})


def signed(days: int, time: str, who: str) -> Act:
    return Act(days, time, who, "sign_appeal", {"sign_choice": "accept"})


def progress(days: int, time: str, who: str, words: str) -> Act:
    return Act(days, time, who, "record_handling", {"handling_choice": "progress", "progress_text": words})


def result(days: int, time: str, who: str, words: str, outcome: str = "solved") -> Act:
    return Act(
        days, time, who, "record_handling", {"handling_choice": "result", "handling_result": outcome, "handling_measure": words}
    )


def rated(days: int, time: str, who: str, solved: str, grade: int, **more: object) -> Act:
    return Act(days, time, who, "rate_result", {"solved": solved, "satisfaction": grade, **more})


def visited(days: int, time: str, who: str, outcome: str, note: str) -> Act:
    return Act(days, time, who, "visit_enterprise", {"visit_result": outcome, "visit_note": note})


STORIES = (
    Story("刚提交", (
        filed(0, "09:10", "qiye1", "厂区门口道路破损，货车进出困难", "construction",
              "厂区北门外道路近期多处破损，雨后积水，大型货车进出困难，影响原料和成品运输，希望尽快修复。"),
    )),
    Story("已归类，待交办", (
        filed(1, "10:20", "ganbu2", "设备采购贷款审批时间长", "finance",
              "走访时企业反映，设备采购贷款申请已提交两个月，银行反复要求补材料，影响设备到货和投产。",
              channel="visit", enterprise_id="@qiye3"),
        classified(0, "09:00", "finance", "high"),
    )),
    Story("待签收", (
        filed(2, "15:30", "qiye2", "希望协助招聘质检人员", "workforce",
              "公司新生产线下月投产，急需质检员二十名，希望协助组织专场招聘。"),
        classified(2, "16:40", "workforce"),
        assigned(1, "09:30", "labour", 5),
    )),
    Story("退回，待裁定", (
        filed(3, "09:00", "zhuanban", "厂区外围雨水管网堵塞", "utilities",
              "企业来电反映厂区外围雨水管网堵塞，暴雨时倒灌进仓库，不清楚应由哪个部门负责。",
              channel="phone", enterprise_id="@qiye1"),
        classified(3, "10:00", "utilities", "high"),
        assigned(3, "10:30", "finance", 3),
        Act(2, "09:20", "jinrong", "sign_appeal", {
            "sign_choice": "return", "return_reason": "雨水管网维护属市政设施管理，不在本部门职责范围内，建议转建设管理部门。"}),
    )),
    Story("办理中", (
        filed(5, "11:00", "qiye1", "新增用电容量申请进度慢", "utilities",
              "二期车间需新增用电容量八百千伏安，已提交申请，希望协调加快现场勘查。"),
        classified(5, "14:00", "utilities"),
        assigned(4, "09:00", "construction", 7),
        signed(4, "10:10", "jianshe"),
        progress(3, "16:00", "jianshe", "已联系供电公司，约定本周内到现场勘查。"),
        progress(1, "17:00", "jianshe", "现场勘查已完成，供电公司正在出具接入方案。"),
    )),
    Story("请企业补充，停表", (
        filed(6, "09:30", "qiye3", "技改项目贷款贴息申报", "finance",
              "公司完成智能化改造项目，想申报贷款贴息，不清楚需要哪些材料。"),
        classified(6, "10:30", "finance"),
        assigned(5, "09:00", "finance", 5),
        signed(5, "09:40", "jinrong"),
        Act(3, "11:00", "jinrong", "record_handling", {
            "handling_choice": "supplement", "supplement_request": "请补充项目备案证明、贷款合同和付息凭证。"}),
    )),
    Story("申请延期，待审批", (
        filed(6, "14:00", "qiye2", "外来务工人员子女入学", "workforce",
              "公司引进的技术工人子女希望就近入学，请协调教育部门落实学位。"),
        classified(6, "15:00", "workforce"),
        assigned(5, "10:00", "labour", 5),
        signed(5, "11:00", "renshe"),
        Act(1, "15:00", "renshe", "record_handling", {
            "handling_choice": "extension", "extension_days": 3, "extension_reason": "需与教育部门共同核实学位情况，本周内无法全部落实。"}),
    )),
    Story("超期，督办", (
        filed(11, "09:00", "qiye3", "工程款拖欠协调", "debt",
              "我公司为某建设单位加工的钢构件已交付半年，尾款一百二十万元一直未付，请求协调。"),
        classified(11, "10:00", "debt", "high"),
        assigned(10, "09:00", "construction", 5),
        signed(10, "11:00", "jianshe"),
        progress(8, "16:30", "jianshe", "已约谈付款单位，对方承诺分期支付，正在协商付款计划。"),
        Do(5, "09:30", "ganbu2", "催办", {"urging_text": "企业资金周转困难，请尽快明确付款时间。"}),
    )),
    Story("待企业评价", (
        filed(8, "10:00", "qiye1", "社保补贴政策咨询和申报", "policy",
              "想了解吸纳高校毕业生就业的社保补贴政策，以及如何申报。"),
        classified(8, "11:00", "policy"),
        assigned(7, "09:00", "labour", 5),
        signed(7, "09:30", "renshe"),
        result(2, "16:00", "renshe", "已上门讲解政策，协助企业在线提交补贴申请，预计下月到账。"),
    )),
    Story("两次未解决，集中研判", (
        filed(20, "09:00", "qiye2", "厂区周边公交线路不足", "other",
              "公司员工三百余人，厂区周边仅有一条公交线路，末班车过早，夜班员工出行困难。"),
        classified(20, "10:00", "other"),
        assigned(19, "09:00", "construction", 5),
        signed(19, "10:00", "jianshe"),
        result(15, "16:00", "jianshe", "已向公交公司反映，对方表示现有客流不足以延长末班时间。", "explained"),
        rated(14, "10:00", "qiye2", "no", 2, feedback_reason="只是转达了公交公司的答复，夜班员工出行问题没有解决。"),
        assigned(13, "09:00", "construction", 5),
        signed(13, "10:00", "jianshe"),
        result(9, "15:00", "jianshe", "已与公交公司再次协商，同意每周五加开一班。", "partly"),
        rated(8, "09:30", "qiye2", "partly", 2, feedback_reason="只有周五有车，其他夜班仍无法解决。"),
        visited(8, "16:00", "ganbu1", "disputed", "上门回访：每周五加班车有帮助，但平日夜班仍无车可乘。"),
        Act(2, "09:00", "zhuanban", "convene_study", {
            "study_question": "如何解决夜班员工出行：公交延时、定制班车还是企业自备通勤车补助？",
            "study_departments": ["construction", "labour", "finance"]}),
        Act(1, "10:00", "jianshe", "give_opinion", {
            "study_opinion": "可协调开通夜间定制班车，按企业实际班次发车。", "study_measure": "本周内与公交公司确定线路和班次。"}),
    )),
    Story("办结归档", (
        filed(18, "09:20", "qiye3", "厂房消防验收指导", "construction",
              "新建厂房即将完工，希望提前指导消防验收准备，避免返工。"),
        classified(18, "10:00", "construction"),
        assigned(17, "09:00", "construction", 5),
        signed(17, "09:30", "jianshe"),
        progress(16, "16:00", "jianshe", "已到现场逐项查看，列出三处需要整改的问题。"),
        result(13, "15:30", "jianshe", "企业已完成整改，消防验收一次通过。"),
        rated(12, "09:00", "qiye3", "yes", 5, feedback_opinion="提前上门指导，帮我们省了不少时间。", visit_declined=True),
        Act(11, "10:00", "zhuanban", "archive_appeal", {"archive_complete": True}),
    )),
    Story("终止办理", (
        filed(10, "09:00", "qiye2", "申请调整环评批复内容", "environment",
              "拟在现有批复基础上增加一条喷涂线，希望不再重新报批。"),
        classified(10, "10:00", "environment"),
        assigned(9, "09:00", "construction", 5),
        signed(9, "10:00", "jianshe"),
        Do(7, "11:00", "zhuanban", "申请终止办理", {
            "termination_reason": "e", "termination_text": "所请事项须另行报批",
            "termination_facts": "增加喷涂线属重大变动，须重新报批环评，不能在现有批复上调整。"}),
        Act(6, "10:00", "ducha", "approve_termination", {
            "termination_choice": "approve", "termination_opinion": "情况属实，同意终止，请一次性告知企业重新报批的办理方式。"}),
    )),
    Story("企业撤回", (
        filed(7, "09:00", "qiye1", "快递网点服务范围问题", "other", "快递网点不派送到厂区，需员工自取，希望协调。"),
        classified(7, "10:00", "other"),
        Do(6, "15:00", "qiye1", "撤回诉求", {"withdrawal_reason": "solved", "withdrawal_text": "快递公司已调整派送范围。"}),
    )),
)
