"""敞口看板: the four amounts of each guarantor, its limits with what is left, and what they are made of."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for
from sqlalchemy import select

from matchmaker.db import ScopedSession
from matchmaker.domain.guarantee_terms import Grade
from matchmaker.domain.terms import Side
from matchmaker.domain.text import Text
from matchmaker.guarantee.cases.models import Guarantee
from matchmaker.guarantee.ledger.queries import GuarantorExposure, exposure
from matchmaker.guarantee.ledger.stress import stress
from matchmaker.lists.models import Enterprise
from matchmaker.scoring.measures import Measures
from matchmaker.web.guard import action
from matchmaker.web.pages.guarantees.gauges import Gauge, gauges_of
from matchmaker.web.pages.guarantees.routes import guarantees
from matchmaker.web.tables.guarantees import Names, load_names, wan
from matchmaker.web.view import actor, current_day, current_lang, linked, page, parts, reading, say

SCOPES: Mapping[str, Text] = {
    "bank": Text("银行", "Bank"),
    "chain": Text("产业链", "Chain"),
    "grade": Text("信用等级", "Grade"),
    "customer": Text("单户（最大 10 户）", "Customer (the ten largest)"),
    "group": Text("关联企业（最大 10 组）", "Related companies (the ten largest)"),
}
"""What a guarantor's amounts are split by."""
NO_CHAIN = Text("不属于产业链", "in no chain")


@dataclass(frozen=True, slots=True)
class Board:
    """One guarantor's exposure as the page shows it; ``splits``: label of what it is split by → (name, amounts)."""

    found: GuarantorExposure
    limits: list[Gauge]
    schemes: list[tuple[str, Measures, list[Gauge]]]
    splits: list[tuple[Text, list[tuple[Any, Measures]]]]


@guarantees.get("/exposure")
@action("guarantees.exposure")
def board() -> str:
    """How near each guarantor is to its limits; reservations count."""
    with reading() as session:
        found, names = exposure(session, current_day()), load_names(session)
        mine = [one for one in found if actor().side is Side.BUREAU or one.org_code in actor().orgs]
        boards = [_board(one, _name_of(session, one, names)) for one in mine]
    return page("guarantee_exposure.html", boards=boards, now=parts().now(), wan=wan)


def _board(found: GuarantorExposure, name: Callable[[str, str], Any]) -> Board:
    lang = current_lang()
    schemes = [(one.name or one.scheme_code, one.held, gauges_of(one.limits, lang)) for one in found.schemes]
    splits = [
        (label, [(name(scope, part.code), part.held) for part in found.splits.get(scope, ())])
        for scope, label in SCOPES.items()
    ]
    return Board(found, gauges_of(found.limits, lang), schemes, [one for one in splits if one[1]])


def _name_of(session: ScopedSession, found: GuarantorExposure, names: Names) -> Callable[[str, str], Any]:
    """What a part is called. A customer is named to the bureau alone; a guarantor finds its newest case, where the look
    at its name is written down."""
    customers = _customers(session, [part.code for part in found.splits.get("customer", ())])

    def name(scope: str, code: str) -> Any:
        match scope:
            case "bank":
                return names.of("organisations", code)
            case "chain":
                return names.of("chains", code) if code.strip("-") else say(NO_CHAIN)
            case "grade":
                return say(Grade.of(code).label)
            case "customer":
                return customers.get(code, "--")
            case _:
                return code

    return name


def _customers(session: ScopedSession, usccs: Iterable[str]) -> dict[str, Any]:
    newest = select(Guarantee).where(Guarantee.uscc.in_(list(usccs))).order_by(Guarantee.id)
    cases = {one.uscc: one for one in session.scalars(newest)}
    firms: dict[str, str] = {}
    if actor().side is Side.BUREAU:
        known = select(Enterprise.uscc, Enterprise.name).where(Enterprise.uscc.in_(list(cases)))
        firms = dict(session.execute(known).all())
    return {
        uscc: linked(url_for("guarantees.one", public_id=one.public_id), firms.get(uscc, one.guarantee_no))
        for uscc, one in cases.items()
    }


@guarantees.get("/exposure/stress")
@action("guarantees.exposure")
def stressed() -> str:
    """A chain leader pays sixty days late; the ten largest fail."""
    with reading() as session:
        found, names = stress(session), load_names(session)
    return page("guarantee_stress.html", found=found, names=names)
