"""What is on offer today, kept by the running application."""

from flask import current_app
from sqlalchemy.orm import Session

from matchmaker.matching.shelf import Crowd, CrowdShelf, Offer, Shelf
from matchmaker.web.view import current_day


def offer_of_today(session: Session) -> Offer:
    """Products, policies and registers of today, ready to be judged by."""
    shelf: Shelf = current_app.extensions.setdefault("shelf", Shelf())
    return shelf.offer(session, current_day())


def crowd_of_today(session: Session) -> Crowd:
    """All published enterprises of today, ready to be judged; for the bureau, which sees them all."""
    shelf: CrowdShelf = current_app.extensions.setdefault("crowd", CrowdShelf())
    return shelf.crowd(session, current_day())
