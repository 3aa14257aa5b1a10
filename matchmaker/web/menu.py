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


MENU: tuple[Item, ...] = (
    Item("/", Text("工作台", "Workbench"), "overview"),
    Item("/needs", Text("我的需求", "My needs"), "own", (Side.ENTERPRISE,)),
    Item("/enterprise", Text("企业信息", "My company"), "own", (Side.ENTERPRISE,)),
    Item("/lists/needs", Text("融资需求", "Needs"), "lists.read", (Side.BUREAU,)),
    Item("/lists/products", Text("信贷产品", "Products"), "lists.read"),
    Item("/lists/policies", Text("金融政策", "Policies"), "lists.read"),
    Item("/lists/enterprises", Text("企业", "Enterprises"), "lists.read", (Side.BUREAU,)),
    Item("/matches", Text("匹配", "Matches"), "matches.read"),
    Item("/leads", Text("推荐", "Leads"), "leads.read"),
    Item("/consents", Text("授权", "Consents"), "consent.read"),
    Item("/requests/answers", Text("请求", "Requests"), "subject.answer"),
    Item("/outbox", Text("推送", "Messages"), "messages.read"),
    Item("/registrations", Text("注册核验", "Registrations"), "registrations"),
    Item("/people", Text("人员", "People"), "people.read"),
    Item("/webhooks", Text("推送地址", "Webhooks"), "webhooks.read"),
    Item("/audit", Text("审计", "Audit"), "audit.read"),
)


def is_current(item: Item, path: str) -> bool:
    """Whether the page at ``path`` belongs to the entry."""
    if item.path == "/":
        return path == "/"
    return any(path == start or path.startswith(f"{start}/") for start in (item.path, *item.also))
