"""The demonstration cases of the services, so that everybody who signs in finds something to do. Appeals are told in `stories`."""

from __future__ import annotations

from webapp.stories import Act, Later, Story

FULL = {"wanted": "full", "qualifies": True, "conditions": True}


def agreed(days: int, enterprise: str, cadre: str, plan: str) -> tuple[Act, ...]:
    """The enterprise has everything done for it, and knows how."""
    return (
        Act(days, "10:00", cadre, "了解服务意愿", FULL),
        Act(days, "11:00", enterprise, "确认服务方式", {"consent": "yes", "entrusted": True}),
        Act(days, "15:00", cadre, "制定服务方案", {
            "plan_text": plan, "plan_date": Later(10), "plan_steps": [{"task": "准备材料", "who": "企业"}, {"task": "网上申报", "who": "助企干部"}]}),
    )  # fmt: skip


SERVICE_STORIES = (
    Story("新设公司，等企业交材料", (
        Act(3, "09:20", "qiye2", values={
            "enterprise_id": "@qiye2", "enterprise_name": "河南绿源健康食品有限公司", "enterprise_type": "limited", "industry": "manufacture",
            "address": "产业功能区兴业路 16 号", "staff_count": 20, "wanted_items": ["seal", "tax_invoice", "bank_account"],
            "contact_name": "宋晓梅", "contact_phone": "13800000002"}),
        Act(3, "15:00", "ganbu1", "与企业核对开办事项"),
        *agreed(2, "qiye2", "ganbu1", "先办设立登记，登记后同步办理刻章、发票和银行预约开户，一窗领取。"),
    ), process="enterprise_establishment"),
    Story("变更登记，等审批", (
        Act(6, "10:00", "qiye1", values={
            "change_id": "change_scope", "request_text": "经营范围增加智能传感器制造。", "contact_name": "郭明远", "contact_phone": "13800000001"}),
        Act(6, "14:00", "ganbu1", "与企业核对事前准备", {"advice": "股东会决议样本已发，签章后即可。"}),
        Act(5, "09:00", "qiye1", "做好决议等准备", {"prepared": True}),
        *agreed(5, "qiye1", "ganbu1", "材料齐全后当天代为网上申报。"),
        Act(4, "10:00", "qiye1", "提交材料", {"materials": [{}] * 4}),
        Act(4, "16:00", "ganbu1", "核对材料", {"materials": [{"verdict": "ok"}] * 4}),
        Act(3, "09:30", "ganbu1", "代为提交", {"submitted_at": Later(-3)}),
    ), process="change_registration"),
    Story("走访时间待企业确认", (
        Act(1, "09:00", "ganbu1", values={
            "enterprise_id": "@qiye1", "visit_reason": "季度走访"}),
        Act(1, "09:30", "ganbu1", "拟定走访安排", {
            "slot": Later(3, "10:00"), "visit_way": "onsite", "visit_topics": "了解四季度订单、用工和用电，听取对变更登记服务的意见。"}),
    ), process="enterprise_visit"),
    Story("第三方评价，逐家问卷", (
        Act(4, "10:00", "fuwu", values={
            "evaluator_name": "中正社情调查中心", "evaluator_contact": "何睿", "evaluator_phone": "13900000009", "period_from": Later(-60),
            "period_to": Later(-1), "enterprise_count": 3, "commission_scope": "期间内的帮办代办、诉求办理和走访。"}),
        Act(2, "09:30", "disanfang", "抽取样本", {"sample_note": "系统随机抽取，与本机构均无利益关系。"}),
    ), process="third_party_evaluation"),
    Story("惠企政策，待讲解", (
        Act(1, "10:30", "qiye3", values={
            "contact_name": "韩志强", "contact_phone": "13800000003", "industry": "装备制造", "scale": "小型",
            "conditions_met": ["有研发费用支出", "财务核算健全", "足额缴纳失业保险满一年", "裁员率不高于控制目标"]}),
    ), process="policy_service"),
    Story("法定代表人变更，待核对准备", (
        Act(1, "16:20", "qiye2", values={
            "change_id": "change_person", "request_text": "法定代表人由宋建国变更为宋晓梅。", "contact_name": "宋晓梅", "contact_phone": "13800000002"}),
    ), process="change_registration"),
    Story("惠企政策，企业已选，待了解意愿", (
        Act(5, "09:10", "qiye1", values={
            "contact_name": "郭明远", "contact_phone": "13800000001", "industry": "装备制造", "scale": "小型",
            "conditions_met": ["有研发费用支出", "财务核算健全"]}),
        Act(4, "10:00", "ganbu1", "讲解政策", {"explain_mode": "visit", "explanation_note": "逐条讲解优惠内容、条件和申报时间。"}),
        Act(2, "17:00", "qiye1", "选择申报的政策", {"chosen_ids": ["ZC001"]}),
    ), process="policy_service"),
    Story("招工，待推荐人选", (
        Act(4, "09:00", "qiye3", values={
            "contact_name": "韩志强", "contact_phone": "13800000003", "matter_kind": "recruitment", "post_name": "数控车工",
            "wanted_people": 5, "post_terms": "两班倒，月薪六千起，包食宿。"}),
        Act(3, "10:00", "renshe", "发布岗位", {"post_channels": ["site", "fair"], "post_note": "已在招聘网发布，并报名周六的专场招聘会。"}),
    ), process="workforce_service"),
    Story("建设项目，方案待企业确认", (
        Act(2, "09:00", "qiye3", values={
            "contact_name": "韩志强", "contact_phone": "13800000003", "project_name": "年产五万套精密轴承项目",
            "project_content": "新建厂房两栋，购置设备六十台。", "investment": 8000, "floor_area": 12000, "land_source": "granted"}),
        Act(1, "15:00", "ganbu2", "制定服务方案", {
            "plan_text": "先备案，再并联办理用地、规划和环评；水、电报装与施工许可同步。", "utility_ids": ["water", "power"]}),
    ), process="project_construction"),
    Story("投诉，待核实", (
        Act(2, "11:00", "qiye1", values={
            "contact_name": "郭明远", "contact_phone": "13800000001", "complaint_kind": "environment", "matter": "approval",
            "complaint_title": "同一材料三次要求补正", "complaint_content": "办理许可时，同一份证明先后三次要求补正，每次说法不一。",
            "harm": "general"}),
        Act(1, "09:00", "tousu", "签收", {"sign_choice": "accept"}),
    ), process="complaint_handling"),
)  # fmt: skip
