"""The one matrix of roles, actions and fields: the check, the documentation and the test are made from it.

An action is what a route or a service asks leave for. A role that stands in its row may do it *within its own scope*
(``matchmaker.actor``); nobody else may. Which fields of a list a role reads follows from their sensitivity.
"""

from dataclasses import dataclass

from matchmaker.domain.fields import Sensitivity
from matchmaker.domain.terms import Role, Side
from matchmaker.domain.text import Text

FINANCE, PRODUCTS, ACCOUNTS, LEAD = Role.FINANCE, Role.PRODUCT_MANAGER, Role.ACCOUNT_MANAGER, Role.LEAD
OPERATOR, ANALYST, UNDERWRITER, APPROVER = Role.OPERATOR, Role.ANALYST, Role.UNDERWRITER, Role.APPROVER
SYSTEM, SECURITY, AUDITOR = Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR
BANK = (PRODUCTS, ACCOUNTS, LEAD)
BUREAU = (OPERATOR, ANALYST)
GUARANTOR = (UNDERWRITER, APPROVER)
BUSINESS = (FINANCE, *BANK, *BUREAU, *GUARANTOR)
EVERYONE = tuple(Role)
ADMINISTRATORS = (SYSTEM, SECURITY, AUDITOR)
"""Each excludes the other two and every role that sees business data."""

SECOND_FACTOR = frozenset({OPERATOR, LEAD, UNDERWRITER, APPROVER, *ADMINISTRATORS})
"""Roles that are only used after a second factor: those who operate, approve or administer (ASVS 6.3.3)."""

FRESH_MINUTES = 15
"""How long after giving a password a person may take an action marked ``fresh``."""


@dataclass(frozen=True, slots=True)
class Action:
    """One row: who may take it. ``public``: without signing in. ``scope``: by which programmes may take it.

    ``fresh``: a person must have proved who it is within the last minutes (ASVS 7.5.1). ``first_factor``: allowed
    before a second factor that the role needs has been given or set up.
    """

    key: str
    label: Text
    roles: tuple[Role, ...] = ()
    public: bool = False
    scope: str | None = None
    fresh: bool = False
    first_factor: bool = False


ACTIONS: tuple[Action, ...] = (
    Action("health", Text("查看服务是否正常", "see whether the service works"), public=True),
    Action("sign_in", Text("登录、注册、接受邀请", "sign in, register, accept an invitation"), public=True),
    Action("static", Text("读取样式与图标", "read style sheets and pictures"), public=True),
    Action("help", Text("阅读帮助与接口说明", "read the help and the API's documentation"), public=True),
    Action("account", Text("管理本人账号与会话", "manage one's own account and sessions"), EVERYONE, first_factor=True),
    Action(
        "account.change",
        Text("修改密码、二次验证与邮箱", "change password, second factor, e-mail"),
        EVERYONE,
        fresh=True,
        first_factor=True,
    ),
    Action("overview", Text("查看首页", "see the first page"), BUSINESS),
    Action("lists.read", Text("查看三张清单", "read the lists"), BUSINESS, scope="lists:read"),
    Action(
        "lists.import",
        Text("导入清单文件（另需该清单的写入权限）", "import a file of a list (with its write scope)"),
        (FINANCE, PRODUCTS, LEAD, OPERATOR),
        scope="lists:read",
    ),
    Action("lists.export", Text("导出清单", "export lists"), (FINANCE, *BANK, *BUREAU), scope="lists:read"),
    Action(
        "products.write", Text("维护本行产品", "keep own products"), (PRODUCTS, LEAD, OPERATOR), scope="products:write"
    ),
    Action(
        "needs.write",
        Text("提交和修改本企业需求", "submit and change own needs"),
        (FINANCE, OPERATOR),
        scope="needs:write",
    ),
    Action(
        "enterprise.write",
        Text("维护本企业信息", "keep the own enterprise's facts"),
        (FINANCE, OPERATOR),
        scope="enterprise:write",
    ),
    Action("own", Text("打开本企业的需求与信息页面", "open the pages of the own enterprise"), (FINANCE,)),
    Action("policies.write", Text("维护政策", "keep policies"), (OPERATOR,), scope="policies:write"),
    Action("lists.keep", Text("维护机构与联系人", "keep organisations and contacts"), (OPERATOR,)),
    Action(
        "credit.read",
        Text("查看信用记录（企业看本企业的）", "read credit records (an enterprise its own)"),
        (FINANCE, *BUREAU),
        scope="credit:read",
    ),
    Action("credit.write", Text("按来源导入信用记录", "import credit records"), (OPERATOR,), scope="credit:write"),
    Action("lists.review", Text("审核并发布清单", "review and publish entries"), (OPERATOR,)),
    Action("needs.behalf", Text("走访后代企业填写需求", "enter a need for an enterprise after a visit"), (OPERATOR,)),
    Action(
        "needs.confirm",
        Text("确认或不认可代填的需求", "confirm or decline a need that was entered for one"),
        (FINANCE,),
    ),
    Action("registers.read", Text("查看基础数据", "see the registers"), BUREAU),
    Action("registers.write", Text("维护基础数据", "keep the registers"), (OPERATOR,)),
    Action("indicators", Text("查看指标口径", "read how indicators are defined"), BUREAU),
    Action("leads.watch", Text("查看各银行的响应", "see how banks respond to leads"), BUREAU),
    Action(
        "matches.read", Text("查看匹配与说明", "see matches and explanations"), (FINANCE, *BUREAU), scope="matches:read"
    ),
    Action("policies.mine", Text("查看本企业可享的政策", "see the policies one's enterprise can have"), (FINANCE,)),
    Action("analysis.read", Text("查看缺口、金额与漏斗分析", "see gaps, amounts and the funnel"), BUREAU),
    Action(
        "leads.read", Text("查看推荐给本行的需求", "see the needs recommended to one's bank"), BANK, scope="leads:read"
    ),
    Action(
        "referrals.answer",
        Text("接单、答复不适合我行、撤销答复", "take a need, say that it is not for one's bank, undo that"),
        (ACCOUNTS, LEAD),
        scope="referrals:write",
    ),
    Action(
        "referrals.read",
        Text("查看本企业需求的对接", "see which banks one's needs are with"),
        (FINANCE, *BUREAU),
        scope="referrals:read",
    ),
    Action(
        "referrals.decline",
        Text("答复不感兴趣、撤销答复", "say that one is not interested, undo that"),
        (FINANCE,),
        scope="referrals:write",
    ),
    Action(
        "guarantees.read",
        Text("查看担保", "see guarantees"),
        (FINANCE, *BANK, *BUREAU, *GUARANTOR),
        scope="guarantees:read",
    ),
    Action(
        "guarantees.apply", Text("申请担保、补充说明、撤回申请", "apply for a guarantee, supply, withdraw"), (FINANCE,)
    ),
    Action(
        "guarantees.review",
        Text("审查担保、核查代偿、登记追偿", "review guarantees, check claims, book recoveries"),
        GUARANTOR,
        scope="guarantees:decide",
    ),
    Action(
        "guarantees.approve",
        Text("批准或不通过担保、代偿、核销", "approve or decline guarantees, compensate, write off"),
        (APPROVER,),
        scope="guarantees:decide",
    ),
    Action(
        "guarantees.exposure",
        Text("查看担保敞口、预警与压力测试", "see exposure, alerts and stress of guarantees"),
        (*GUARANTOR, *BUREAU),
    ),
    Action(
        "guarantees.report",
        Text("登记担保贷款的放款与还款、申请代偿、见贷即保", "report on guaranteed loans, claim, have loans covered"),
        (ACCOUNTS, LEAD),
        scope="guarantees:report",
    ),
    Action("inbox", Text("查看收件箱", "read one's inbox"), BUSINESS, scope="inbox:read"),
    Action("notices", Text("选择多久收一次推荐摘要", "choose how often the digest comes"), BUSINESS),
    Action("messages.read", Text("查看发件箱", "see the outbox"), BUREAU),
    Action("messages.retry", Text("重发消息", "send messages again"), (OPERATOR,)),
    Action(
        "consent.read",
        Text("查看授权与查询记录", "see consents and who looked"),
        (FINANCE, *BANK, *GUARANTOR, OPERATOR),
        scope="consents:read",
    ),
    Action("consent.write", Text("授权与撤回", "grant and withdraw consent"), (FINANCE,), scope="consents:write"),
    Action(
        "disclosure.read",
        Text("查看已授权的企业信息", "read what an enterprise consented to"),
        (*BANK, *GUARANTOR),
        scope="leads:read",
    ),
    Action(
        "subject.request", Text("索取副本、提出异议、要求删除", "ask for a copy, a correction or deletion"), (FINANCE,)
    ),
    Action("ratings.read", Text("查看信用评级与评级规则", "see ratings and the rules they follow"), (FINANCE, *BUREAU)),
    Action("ratings.write", Text("为企业评级", "rate enterprises"), (OPERATOR,)),
    Action(
        "ratings.override",
        Text("提出和确认评级的人工调整（两人）", "ask for and confirm another grade (two persons)"),
        (OPERATOR,),
    ),
    Action(
        "ratings.rules",
        Text("起草和发布评级规则（两人）", "draft and release rules of rating (two persons)"),
        (OPERATOR,),
    ),
    Action(
        "scorecards",
        Text("拟合和发布评分卡（两人）", "fit and release scorecards (two persons)"),
        (OPERATOR,),
    ),
    Action("ratings.appeal", Text("对本企业的评级提出申诉", "appeal against the own rating"), (FINANCE,)),
    Action("ratings.answer", Text("答复评级申诉", "answer appeals against ratings"), (OPERATOR,)),
    Action("subject.answer", Text("答复企业的请求", "answer enterprises' requests"), (OPERATOR,)),
    Action(
        "certificates.read", Text("查看信用背书", "see certificates"), (FINANCE, OPERATOR), scope="certificates:read"
    ),
    Action(
        "certificates.issue",
        Text("申请本企业的信用背书", "have the own rating certified"),
        (FINANCE,),
        scope="certificates:write",
    ),
    Action(
        "certificates.revoke",
        Text("撤销信用背书", "revoke certificates"),
        (FINANCE, OPERATOR),
        scope="certificates:write",
    ),
    Action("certificates.check", Text("核验信用背书", "check a certificate"), public=True),
    Action("certificates.keys", Text("更换与停用签名密钥", "replace and retire the signing key"), (SYSTEM,)),
    Action("registrations", Text("核验企业注册", "verify enterprises that register"), (OPERATOR,)),
    Action(
        "people.read",
        Text("查看本机构人员", "see the people of one's own side"),
        (FINANCE, LEAD, OPERATOR, APPROVER, SECURITY),
    ),
    Action(
        "people.write",
        Text("邀请、停用人员", "invite and disable people"),
        (FINANCE, LEAD, OPERATOR, APPROVER, SECURITY),
        fresh=True,
    ),
    Action(
        "people.reset",
        Text("重设他人的密码与二次验证", "reset the password and second factor of others"),
        (SECURITY,),
        fresh=True,
    ),
    Action(
        "people.confirm",
        Text("确认他人提出的重设", "confirm a reset that another person asked for"),
        (SECURITY, SYSTEM),
        fresh=True,
    ),
    Action("roles.write", Text("调整角色", "change roles"), (SECURITY,), fresh=True),
    Action(
        "tokens", Text("管理接口密钥", "manage API tokens"), (FINANCE, PRODUCTS, LEAD, OPERATOR, APPROVER), fresh=True
    ),
    Action(
        "tokens.read", Text("查看接口密钥", "see API tokens"), (FINANCE, PRODUCTS, LEAD, OPERATOR, APPROVER, SECURITY)
    ),
    Action(
        "webhooks",
        Text("管理推送地址", "manage webhook endpoints"),
        (FINANCE, PRODUCTS, LEAD, OPERATOR, APPROVER),
        scope="webhooks:write",
    ),
    Action(
        "webhooks.read",
        Text("查看推送记录", "see webhook deliveries"),
        (FINANCE, PRODUCTS, LEAD, OPERATOR, APPROVER, SYSTEM),
        scope="webhooks:read",
    ),
    Action("system.read", Text("查看运行状态", "see the state of the system"), (SYSTEM,)),
    Action("audit.read", Text("查看与导出审计记录", "read and export the audit"), (AUDITOR,)),
)

BY_KEY: dict[str, Action] = {action.key: action for action in ACTIONS}

TOKEN_SCOPES: tuple[str, ...] = tuple(sorted({a.scope for a in ACTIONS if a.scope}))


def can_have(role: Role, side: Side) -> bool:
    """Whether a person of ``side`` may be given ``role``."""
    return role.side is side


def scopes_for(roles: frozenset[Role]) -> tuple[str, ...]:
    """The scopes that a token made by someone with ``roles`` may be given."""
    return tuple(sorted({a.scope for a in ACTIONS if a.scope and roles & set(a.roles)}))


ALL_FIELDS: frozenset[Sensitivity] = frozenset({"public", "business", "identity", "contact", "internal"})

FIELDS: dict[Side, dict[str, frozenset[Sensitivity]]] = {
    Side.BUREAU: {"own": ALL_FIELDS, "other": ALL_FIELDS},
    Side.BANK: {"own": ALL_FIELDS, "other": frozenset({"public"})},
    Side.GUARANTOR: {"own": ALL_FIELDS, "other": frozenset({"public"})},
    Side.ENTERPRISE: {"own": ALL_FIELDS, "other": frozenset({"public"})},
    Side.SYSTEM: {"own": frozenset(), "other": frozenset()},
    Side.SECURITY: {"own": frozenset(), "other": frozenset()},
    Side.AUDIT: {"own": frozenset(), "other": frozenset()},
    Side.ANYONE: {"own": frozenset(), "other": frozenset()},
    Side.TRUSTED: {"own": ALL_FIELDS, "other": ALL_FIELDS},
}
"""Which fields of a visible list entry a side reads, by their sensitivity: of its own entries and of others'.

Facts of an enterprise that is not the reader's own are never read here: ``accounts.disclosure`` hands them out, group
by group, as the enterprise consented.
"""
