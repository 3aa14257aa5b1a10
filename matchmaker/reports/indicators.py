"""The indicators of the bureau's workbench, one row each: what the number is, and the rows behind it.

Page, page of definitions and tests are made from these rows. A number is counted by the table that its link opens,
narrowed as the link narrows it, so the two cannot differ.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from matchmaker.domain.text import Text


@dataclass(frozen=True, slots=True)
class Indicator:
    """One number. ``table``: a kind of list, ``leads`` or ``messages``; ``filters``: how the table is narrowed.

    ``definition`` may name ``{stale_days}``, the setting.
    """

    key: str
    label: Text
    definition: Text
    table: str
    filters: Mapping[str, str] = field(default_factory=dict)


_NEEDS, _PRODUCTS, _POLICIES, _FIRMS = "needs", "products", "policies", "enterprises"
_SUBMITTED, _PUBLISHED = {"status": "submitted"}, {"status": "published"}


def _published(kind: str, zh: str, en: str) -> Indicator:
    return Indicator(
        f"{kind}_published",
        Text(f"{zh}（已发布）", f"{en}, published"),
        Text(f"状态为「已发布」的{zh}条数。", f"Number of {en} whose state is published."),
        kind,
        _PUBLISHED,
    )


def _to_review(kind: str, zh: str, en: str) -> Indicator:
    return Indicator(
        f"{kind}_to_review",
        Text(f"待审核{zh}", f"{en.capitalize()} to review"),
        Text(
            f"状态为「已提交」的{zh}条数，由主管部门发布或退回。",
            f"Number of {en} whose state is submitted: the bureau publishes or returns them.",
        ),
        kind,
        _SUBMITTED,
    )


def _stale(kind: str, zh: str, en: str) -> Indicator:
    return Indicator(
        f"{kind}_stale",
        Text(f"待确认{zh}", f"{en.capitalize()} to be confirmed"),
        Text(
            f"已发布、但超过 {{stale_days}} 天没有人确认的{zh}；确认前不参与推送。",
            f"Published {en} that nobody has confirmed for more than {{stale_days}} days; they are not pushed.",
        ),
        kind,
        {"care": "stale"},
    )


def _ending(kind: str, zh: str, en: str) -> Indicator:
    return Indicator(
        f"{kind}_ending",
        Text(f"30 日内到期的{zh}", f"{en.capitalize()} ending within 30 days"),
        Text(
            f"已发布、有效期在今天到 30 日之后之间结束（含首尾两天）的{zh}。",
            f"Published {en} whose validity ends between today and 30 days on, both included.",
        ),
        kind,
        {"care": "ending"},
    )


INDICATORS: tuple[Indicator, ...] = (
    _to_review(_NEEDS, "需求", "needs"),
    _to_review(_PRODUCTS, "产品", "products"),
    _to_review(_POLICIES, "政策", "policies"),
    Indicator(
        "leads_overdue",
        Text("超时未结束的推荐", "Leads past their due date"),
        Text(
            "推荐给银行、尚未结束、银行没有接单、答复期限早于今天的需求；一条需求推荐给两家银行算两笔。",
            "Leads not ended and not taken whose due date lies before today; a need shown to two banks counts twice.",
        ),
        "leads",
        {"state": "overdue"},
    ),
    Indicator(
        "messages_failed",
        Text("发送失败的消息", "Messages that failed"),
        Text(
            "发件箱中状态为「发送失败」的消息，不含仍在重试的。",
            "Messages of the outbox that failed; those still tried again do not count.",
        ),
        "messages",
        {"state": "failed"},
    ),
    _stale(_NEEDS, "需求", "needs"),
    _stale(_PRODUCTS, "产品", "products"),
    _stale(_POLICIES, "政策", "policies"),
    _ending(_PRODUCTS, "产品", "products"),
    _ending(_POLICIES, "政策", "policies"),
    Indicator(
        "enterprises_without_contact",
        Text("没有联系人的企业", "Enterprises without a contact"),
        Text(
            "已发布、但没有任何已发布联系人的企业：推送到不了它们。",
            "Published enterprises without any published contact: no push reaches them.",
        ),
        _FIRMS,
        {"care": "no_contact"},
    ),
    Indicator(
        "needs_awaiting_enterprise",
        Text("代填需求，待企业确认", "Needs entered for an enterprise, unconfirmed"),
        Text(
            "走访后由主管部门代填、企业尚未确认的需求；确认前只有主管部门和该企业看得到。",
            "Needs that the bureau entered after a visit and the enterprise has not confirmed; nobody else sees them.",
        ),
        _NEEDS,
        {"care": "awaits_enterprise"},
    ),
    _published(_POLICIES, "政策", "policies"),
    _published(_PRODUCTS, "产品", "products"),
    _published(_NEEDS, "需求", "needs"),
    _published(_FIRMS, "企业", "enterprises"),
)
BY_KEY: Mapping[str, Indicator] = {one.key: one for one in INDICATORS}

GROUPS: tuple[tuple[Text, tuple[str, ...]], ...] = (
    (
        Text("需要处理", "To do"),
        (
            "needs_to_review", "products_to_review", "policies_to_review", "leads_overdue", "messages_failed",
            "needs_awaiting_enterprise",
        ),
    ),
    (
        Text("清单维护", "Keeping the lists"),
        (
            "needs_stale", "products_stale", "policies_stale", "products_ending", "policies_ending",
            "enterprises_without_contact",
        ),
    ),
    (
        Text("三张清单", "The three lists"),
        ("policies_published", "products_published", "needs_published", "enterprises_published"),
    ),
)  # fmt: skip
"""How the workbench shows them: heading → keys."""
