"""The main menu: one row a page, in the order of a day's work; a reader finds those that the matrix allows."""

from dataclasses import dataclass

from matchmaker.domain.terms import Side
from matchmaker.domain.text import Text


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of the menu. ``action``: the row of the matrix that opens it; ``sides``: whose it is (all, if none)."""

    path: str
    label: Text
    action: str
    sides: tuple[Side, ...] = ()
    also: tuple[str, ...] = ()
    """Other beginnings of addresses under which the entry is the current one."""
    second: bool = False
    """Not a daily page: it stands under "more"."""
    second_for: tuple[Side, ...] = ()
    """Sides for whom it is not one."""

    def is_second(self, side: Side) -> bool:
        """Whether a reader of this side finds it under "more"."""
        return self.second or side in self.second_for


MENU: tuple[Item, ...] = (
    Item("/", Text("工作台", "Workbench"), "overview"),
    Item("/review", Text("审核", "Review"), "lists.review"),
    Item("/needs", Text("我的需求", "My needs"), "own", (Side.ENTERPRISE,)),
    Item("/enterprise", Text("企业信息", "My company"), "own", (Side.ENTERPRISE,)),
    Item("/lists/needs", Text("融资需求", "Needs"), "lists.read", (Side.BUREAU,)),
    Item("/products", Text("我行产品", "Our products"), "lists.read", (Side.BANK,)),
    Item("/lists/products", Text("信贷产品", "Products"), "lists.read", (Side.BUREAU, Side.ENTERPRISE, Side.GUARANTOR)),
    Item("/lists/policies", Text("金融政策", "Policies"), "lists.read", second_for=(Side.ENTERPRISE,)),
    Item("/lists/enterprises", Text("企业", "Enterprises"), "lists.read", (Side.BUREAU,)),
    Item("/lists/organisations", Text("机构", "Organisations"), "lists.read", (Side.BUREAU,), second=True),
    Item("/matches", Text("匹配", "Matches"), "matches.read"),
    Item("/policies/mine", Text("可享政策", "My policies"), "policies.mine"),
    Item("/analysis", Text("分析", "Analysis"), "analysis.read"),
    Item("/leads", Text("推荐", "Leads"), "leads.read"),
    Item("/referrals", Text("对接", "Referrals"), "referrals.read", second_for=(Side.BUREAU,)),
    Item("/responses", Text("银行响应", "Responses"), "leads.watch", second=True),
    Item("/consents", Text("授权", "Consents"), "consent.read", second_for=(Side.BUREAU,)),
    Item("/inbox", Text("消息", "Inbox"), "inbox"),
    Item("/imports", Text("导入", "Imports"), "lists.import", second=True),
    Item("/requests/answers", Text("请求", "Requests"), "subject.answer", second=True),
    Item("/outbox", Text("推送", "Messages"), "messages.read", also=("/runs",)),
    Item("/registers/chains", Text("基础数据", "Registers"), "registers.read", also=("/registers",), second=True),
    Item("/registrations", Text("注册核验", "Registrations"), "registrations", second=True),
    Item("/people", Text("人员", "People"), "people.read", second=True),
    Item("/resets", Text("重设确认", "Resets"), "people.confirm", second=True),
    Item("/webhooks", Text("推送地址", "Webhooks"), "webhooks.read", second=True),
    Item("/audit", Text("审计", "Audit"), "audit.read", second=True),
)


def is_current(item: Item, path: str) -> bool:
    """Whether the page at ``path`` belongs to the entry."""
    if item.path == "/":
        return path == "/"
    return any(path == start or path.startswith(f"{start}/") for start in (item.path, *item.also))
