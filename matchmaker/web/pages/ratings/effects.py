"""What a draft of the rules would change, for every enterprise of the register.

It is counted when it is asked for, as the answer to a form: some seconds for ten thousand enterprises. Nothing of it is
kept, so it is always that of today.
"""

from typing import Any

from flask import Response

from matchmaker.db import ScopedSession
from matchmaker.domain.guarantee_terms import Grade, RatingDimension
from matchmaker.domain.text import Text
from matchmaker.guarantee.rating.rules import Moved, Preview, preview_rules
from matchmaker.scoring.rating.ruleset import worse
from matchmaker.web.guard import action
from matchmaker.web.pages.ratings.routes import ratings
from matchmaker.web.pages.ratings.rules import show_version, told_version
from matchmaker.web.pages.ratings.typed import Fault, refusals, typed
from matchmaker.web.tables.matches import NO_CHAIN, chain_names
from matchmaker.web.tables.requests import names_of
from matchmaker.web.tables.sheets import Sheet, SheetColumn, send_sheets
from matchmaker.web.view import current_day, page, parts, reading, say

LISTED = 50
"""So many enterprises whose grade would change are listed on the page; the workbook has all of them."""
Chains = dict[str, Text]


@ratings.post("/ratings/rules/<rules_id>/effect")
@action("ratings.rules")
def effect(rules_id: str) -> Any:
    """What it would change today for every enterprise, judged anew by it and by the rules in force."""
    return refusals(lambda error: show_version(rules_id, Fault.of("effect", error)), lambda: _effect(rules_id))


def _effect(rules_id: str) -> Any:
    with reading() as session:
        told = told_version(session, rules_id)
        found = preview_rules(
            session, rules=told["read"], on=current_day(), now=parts().now(), settings=parts().settings
        )
        names = chain_names(session)
        if typed("as") == "book":
            return _book(session, found, names)
        listed = found.moved[:LISTED]
        return page(
            "rating_effect.html", found=found, grades=tuple(Grade), listed=listed, firms=names_of(session, listed),
            chains=_chains(found, names), by_dimension=_counted(found), **told,
        )  # fmt: skip


def _counted(found: Preview) -> list[tuple[Text, int]]:
    return [(one.label, found.dimensions.get(one.value, 0)) for one in RatingDimension]


def _chains(found: Preview, names: Chains) -> list[tuple[Text, int, int, int]]:
    """Name of each chain, its enterprises, and how many of them would be better and worse off."""
    told = []
    for code, matrix in found.chains.items():
        down = sum(n for (before, after), n in matrix.items() if worse(after, before))
        up = sum(n for (before, after), n in matrix.items() if worse(before, after))
        told.append((_chain(names, code), sum(matrix.values()), up, down))
    return sorted(told, key=lambda one: -one[2] - one[3])


def _chain(names: Chains, code: str | None) -> Text:
    return NO_CHAIN if code is None else names.get(code, Text(code, code))


def _book(session: ScopedSession, found: Preview, names: Chains) -> Response:
    """Everybody whose grade would change."""
    firms = names_of(session, found.moved)

    def firm(one: Moved) -> str:
        return firms.get(one.uscc, one.uscc)

    columns = [
        SheetColumn(_FIRM, "text", firm),
        SheetColumn(_CODE, "text", lambda one: one.uscc),
        SheetColumn(_CHAIN, "text", lambda one: say(_chain(names, one.chain_code))),
        SheetColumn(Text(f"现行 {found.before}", f"By {found.before}"), "text", lambda one: one.before.value),
        SheetColumn(Text(f"草稿 {found.after}", f"By {found.after}"), "text", lambda one: one.after.value),
    ]
    return send_sheets(_TITLE, [Sheet(_TITLE, columns, found.moved)])


_TITLE = Text("评级规则影响", "Effect of rules")
_FIRM, _CODE, _CHAIN = Text("企业", "Enterprise"), Text("统一社会信用代码", "USCC"), Text("产业链", "Chain")
