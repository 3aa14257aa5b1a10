"""The main menu: one row a page, in the order of a day's work; a reader finds those that the matrix allows."""

from dataclasses import dataclass

from matchmaker.domain.terms import Side
from matchmaker.domain.text import Text
from matchmaker.lists.guarantee_registers import GUARANTEE_REGISTERS
from matchmaker.lists.registers import REGISTERS


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


_GUARANTEE = tuple(f"/registers/{model.kind_name}" for model in GUARANTEE_REGISTERS)
_CITY = tuple(f"/registers/{kind}" for kind in REGISTERS if f"/registers/{kind}" not in _GUARANTEE)

MENU: tuple[Item, ...] = (
    Item("/", Text("工作台", "Workbench"), "overview"),
    Item("/review", Text("审核", "Review"), "lists.review"),
    Item("/needs", Text("我的需求", "My needs"), "own", (Side.ENTERPRISE,)),
    Item("/enterprise", Text("企业信息", "My company"), "own", (Side.ENTERPRISE,)),
    Item("/credit", Text("信用信息", "Credit file"), "own", (Side.ENTERPRISE,), second=True),
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
    Item("/guarantees", Text("担保", "Guarantees"), "guarantees.read", second_for=(Side.BUREAU, Side.ENTERPRISE)),
    Item("/exposure", Text("敞口", "Exposure"), "guarantees.exposure", second_for=(Side.BUREAU,)),
    Item("/alerts", Text("担保预警", "Guarantee alerts"), "guarantees.exposure", second_for=(Side.BUREAU,)),
    Item("/consents", Text("授权", "Consents"), "consent.read", second_for=(Side.BUREAU,)),
    Item("/ratings", Text("信用评级", "Ratings"), "ratings.read", (Side.BUREAU,), second=True),
    Item("/ratings/mine", Text("信用评级", "My rating"), "own", (Side.ENTERPRISE,), also=("/ratings",), second=True),
    Item("/endorsements", Text("信用背书", "Certificates"), "certificates.read", second=True),
    Item("/inbox", Text("消息", "Inbox"), "inbox"),
    Item("/imports", Text("导入", "Imports"), "lists.import", second=True),
    Item("/requests/answers", Text("请求", "Requests"), "subject.answer", second=True),
    Item("/outbox", Text("推送", "Messages"), "messages.read", also=("/runs",)),
    Item("/credit/sources", Text("信用来源", "Credit sources"), "registers.read", second=True),
    Item("/registers/chains", Text("基础数据", "Registers"), "registers.read", also=_CITY, second=True),
    Item("/registers/schemes", Text("担保条款", "Guarantee terms"), "registers.read", also=_GUARANTEE, second=True),
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
