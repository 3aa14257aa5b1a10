"""What each action of the audit is called. The code stays what is recorded and hashed; the title is for its readers."""

from collections.abc import Mapping
from typing import get_args

from matchmaker.accounts.subject_requests import KINDS, STATES, Outcome
from matchmaker.domain.guarantee_life import GUARANTEE
from matchmaker.domain.lifecycle import ENTRY, REFERRAL
from matchmaker.domain.text import Text

_PLAIN: dict[str, Text] = {
    "account.closed": Text("注销账号", "account closed"),
    "audit.exported": Text("导出审计记录", "audit exported"),
    "certificate.issued": Text("出具信用背书", "certificate issued"),
    "certificate.key_retired": Text("停用背书签名密钥", "signing key retired"),
    "certificate.key_rotated": Text("更换背书签名密钥", "signing key replaced"),
    "certificate.revoked": Text("撤销信用背书", "certificate revoked"),
    "consent.granted": Text("企业授权", "consent given"),
    "consent.withdrawn": Text("撤回授权", "consent withdrawn"),
    "contacts.written": Text("提交联系人", "contacts written"),
    "copy.made": Text("下载信息副本", "copy of all data made"),
    "credit-records.written": Text("提交信用记录", "credit records written"),
    "denied": Text("操作被拒绝", "denied"),
    "email.changed": Text("更改邮箱", "e-mail address changed"),
    "enterprises.written": Text("提交企业信息", "enterprise written"),
    "import.undone": Text("撤销导入", "import undone"),
    "import.written": Text("导入入库", "import written"),
    "guarantee.parked": Text("担保：报告待对应", "guarantee: a report parked"),
    "guarantee.voided": Text("担保：银行撤回未入账的报告", "guarantee: a parked report taken back"),
    "invitation.made": Text("发出邀请", "invitation made"),
    "invitation.used": Text("使用邀请", "invitation used"),
    "leads.exported": Text("导出推荐", "leads exported"),
    "ledger.mismatch": Text("担保分户账核对不符", "ledger of guarantees does not hold"),
    "lists.confirmed": Text("确认清单内容", "entries confirmed"),
    "lists.imported": Text("导入清单", "list imported"),
    "messages.retried": Text("重发消息", "messages sent again"),
    "need.confirmed": Text("企业确认代填的需求", "need entered for it confirmed"),
    "need.declined": Text("企业不确认代填的需求", "need entered for it declined"),
    "need.entered": Text("代企业填写需求", "need entered for an enterprise"),
    "needs.written": Text("提交需求", "needs written"),
    "notices.chosen": Text("选择多久收一次推荐摘要", "frequency of the digest chosen"),
    "oidc.linked": Text("绑定统一身份", "single sign-on linked"),
    "oidc.unlinked": Text("解除统一身份", "single sign-on unlinked"),
    "organisations.written": Text("提交机构", "organisations written"),
    "password.changed": Text("更改密码", "password changed"),
    "person.created": Text("新增人员", "person added"),
    "person.disabled": Text("停用人员", "person disabled"),
    "person.enabled": Text("启用人员", "person enabled"),
    "policies.written": Text("提交政策", "policies written"),
    "products.written": Text("提交产品", "products written"),
    "rating.made": Text("评级", "enterprise rated"),
    "rating_appeal.adopted": Text("评级申诉：采纳", "appeal against a rating: adopted"),
    "rating_appeal.made": Text("评级申诉：提出", "appeal against a rating: made"),
    "rating_appeal.refused": Text("评级申诉：未采纳", "appeal against a rating: refused"),
    "rating_override.asked": Text("评级人工调整：提出", "override of a rating: asked for"),
    "rating_override.confirmed": Text("评级人工调整：确认", "override of a rating: confirmed"),
    "rating_override.ended": Text("评级人工调整：终止", "override of a rating: ended"),
    "rating_override.refused": Text("评级人工调整：不同意", "override of a rating: refused"),
    "rating_rules.drafted": Text("起草评级规则", "rules of rating drafted"),
    "rating_rules.released": Text("发布评级规则", "rules of rating released"),
    "ratings.run": Text("批量评级", "enterprises rated by the run"),
    "scorecard.fitted": Text("拟合评分卡", "scorecard fitted"),
    "scorecard.released": Text("发布评分卡", "scorecard released"),
    "record.disputed": Text("标注信用记录异议", "credit record marked as disputed"),
    "record.repaired": Text("信用记录已修复", "credit record repaired"),
    "record.undisputed": Text("取消信用记录异议", "dispute of a credit record settled"),
    "registers.written": Text("维护基础数据", "registers written"),
    "registration.made": Text("企业注册", "registration made"),
    "registration.refused": Text("企业注册未通过", "registration refused"),
    "registration.verified": Text("企业注册已核验", "registration verified"),
    "reset.asked": Text("申请重设登录方式", "reset asked for"),
    "reset.confirmed": Text("确认重设登录方式", "reset confirmed"),
    "retention.applied": Text("按期限删除", "retention applied"),
    "role.granted": Text("授予角色", "role granted"),
    "role.refused": Text("角色未授予", "role refused"),
    "role.revoked": Text("收回角色", "role revoked"),
    "second_factor.codes": Text("更换恢复码", "recovery codes renewed"),
    "second_factor.recovered": Text("使用恢复码", "recovery code used"),
    "second_factor.removed": Text("移除二次验证", "second factor removed"),
    "second_factor.set": Text("设置二次验证", "second factor set"),
    "session.revoked": Text("结束登录", "session ended"),
    "sign_in.done": Text("登录", "signed in"),
    "sign_in.failed": Text("登录失败", "sign-in failed"),
    "sign_in.throttled": Text("登录过于频繁，已暂停", "sign-in throttled"),
    "sign_out": Text("退出登录", "signed out"),
    "text.approved": Text("确认需求说明", "text approved for banks"),
    "text.withdrawn": Text("收回需求说明", "text taken back"),
    "token.created": Text("新建接口密钥", "API token made"),
    "token.revoked": Text("撤销接口密钥", "API token revoked"),
    "webhook.created": Text("新增推送地址", "webhook endpoint made"),
    "webhook.disabled": Text("停用推送地址", "webhook endpoint disabled"),
    "webhook.enabled": Text("启用推送地址", "webhook endpoint enabled"),
    "webhook.removed": Text("删除推送地址", "webhook endpoint removed"),
    "webhook.resent": Text("重发系统推送", "webhook sent again"),
    "webhook.rotated": Text("更换推送密钥", "webhook secret renewed"),
    "webhook.tested": Text("发送测试事件", "webhook tested"),
}

TITLES: Mapping[str, Text] = {
    **_PLAIN,
    **{f"entry.{step.verb}": Text(f"清单条目：{step.label.zh}", f"entry: {step.label.en}") for step in ENTRY},
    **{f"referral.{step.verb}": Text(f"对接：{step.label.zh}", f"referral: {step.label.en}") for step in REFERRAL},
    **{f"guarantee.{step.verb}": Text(f"担保：{step.label.zh}", f"guarantee: {step.label.en}") for step in GUARANTEE},
    **{f"{kind}.requested": Text(f"{label.zh}：提出", f"{label.en}: requested") for kind, label in KINDS.items()},
    **{
        f"{kind}.{outcome}": Text(f"{label.zh}：{STATES[outcome].zh}", f"{label.en}: {STATES[outcome].en}")
        for kind, label in KINDS.items()
        for outcome in get_args(Outcome)
    },
}
"""Action → its title."""


def title_of(action: str) -> Text:
    """The title of an action; the code itself for one that an earlier release recorded."""
    return TITLES.get(action, Text(action, action))
