"""What is on offer today, kept by the running application."""

from collections.abc import Iterable

from flask import current_app
from sqlalchemy.orm import Session

from matchmaker.lists.models import Need
from matchmaker.matching.of_need import Sorted, sort_products
from matchmaker.matching.shelf import Crowd, CrowdShelf, Offer, Shelf
from matchmaker.web.view import actor, current_day

COUNTED = 10
"""For so many of its needs an enterprise reads at once how many products fit."""


def offer_of_today(session: Session) -> Offer:
    """Products, policies and registers of today, ready to be judged by."""
    shelf: Shelf = current_app.extensions.setdefault("shelf", Shelf())
    return shelf.offer(session, current_day())


def crowd_of_today(session: Session) -> Crowd:
    """All published enterprises of today, ready to be judged; for the bureau, which sees them all."""
    shelf: CrowdShelf = current_app.extensions.setdefault("crowd", CrowdShelf())
    return shelf.crowd(session, current_day())


def judged_now(session: Session, needs: Iterable[Need]) -> dict[str, Sorted]:
    """need_no → what every product comes to, for the first needs of the reader's enterprise that can be judged."""
    offer = offer_of_today(session)
    market = offer.to(session, actor().uscc or "")
    facts = {one.need_no: one for one in market.needs}
    counted = [one.need_no for one in needs if one.need_no in facts][:COUNTED]
    return {need_no: sort_products(market, facts[need_no], offer.products) for need_no in counted}
