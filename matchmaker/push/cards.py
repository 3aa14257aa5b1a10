"""The card of a lead: all that a bank may know of a need before consent, written once and kept with the lead."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.accounts.card_codes import card_codes
from matchmaker.accounts.disclosure import anonymous_card, card_json
from matchmaker.push.models import Lead
from matchmaker.push.scene import Scene
from matchmaker.push.words import pair, reasons
from matchmaker.scoring.criteria import CRITERIA

Told = Mapping[tuple[str, int], Any]
"""(need_no, version of the enterprise's entry) → what is told of the enterprise, in words and in codes."""


def write_cards(session: Session, scene: Scene, leads: Sequence[Lead]) -> None:
    """Bring the cards of open leads up to date; a lead whose need or product is not in the market keeps its card.

    As long as the enterprise's own entry stays, it is shown to every bank as it was first shown: of two cards of
    different days, the later with the next age or a district, the day of founding or the enterprise could be inferred.
    """
    told = dict(_told(session))
    for lead in leads:
        if lead.need_no not in scene.needs or lead.product_code not in scene.products:
            continue
        card, version = _made(scene, lead, told)
        if (lead.card, lead.firm_version) != (card, version):
            lead.version += lead.card is not None
            lead.card, lead.firm_version = card, version
    session.flush()


def _told(session: Session) -> Told:
    """What each bank that has been shown a need that is open was told of its enterprise; the first counts."""
    open_needs = select(Lead.need_no).where(Lead.ended_at.is_(None))
    known = select(Lead.need_no, Lead.firm_version, Lead.card).where(Lead.card.is_not(None))
    rows = session.execute(known.where(Lead.need_no.in_(open_needs)).order_by(Lead.id.desc()))
    return {(need_no, version): _firm_of(card) for need_no, version, card in rows if card and version}


def _firm_of(card: Mapping[str, Any]) -> tuple[Any, Any]:
    """The words and the codes of the enterprise in a lead's card; a card of before the codes has none."""
    return card["card"]["firm"], card.get("codes", {}).get("firm")


def _made(scene: Scene, lead: Lead, told: dict[tuple[str, int], Any]) -> tuple[dict[str, Any], int]:
    """The lead's card and the version of the enterprise's entry that it shows; the reasons are the product's terms."""
    market, product, need = scene.market, scene.products[lead.product_code], scene.needs[lead.need_no]
    uscc, names = need.enterprise.uscc, market.reference.names
    version = market.enterprise_versions[uscc]
    masked = anonymous_card(need, scene.crowd, name=market.enterprise_names[uscc])
    card, codes = card_json(masked, names), card_codes(masked, names)
    firm, firm_codes = told.setdefault((need.need_no, version), (card["firm"], codes["firm"]))
    if firm != card["firm"]:
        card["firm"], codes["firm"] = firm, firm_codes
    made = {
        "card": card,
        "codes": codes,
        "product": {"code": product.product_code, "name": product.name},
        "criteria": len(CRITERIA),
        "why": [pair(text) for text in reasons(product, names)],
    }
    return made, version
