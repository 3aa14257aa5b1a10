"""Whose needs these pages are about: the signed-in enterprise's, and nobody else's."""

from sqlalchemy import select

from matchmaker.db import ScopedSession
from matchmaker.domain.errors import NotFoundError
from matchmaker.domain.terms import Side
from matchmaker.domain.text import Text
from matchmaker.lists.models import Enterprise, Need
from matchmaker.web.view import actor


def own_enterprise(session: ScopedSession) -> Enterprise:
    """The reader's enterprise; NotFoundError for everybody who acts for none."""
    uscc = actor().uscc if actor().side is Side.ENTERPRISE else None
    found = session.scalars(select(Enterprise).where(Enterprise.uscc == uscc)).one_or_none() if uscc else None
    if found is None:
        raise NotFoundError(_NO_ENTERPRISE, code="not_found")
    return found


def own_need(session: ScopedSession, public_id: str) -> Need:
    """A need of the reader's enterprise; NotFoundError for another's and for what does not exist."""
    mine = (Need.public_id == public_id) & (Need.uscc == own_enterprise(session).uscc)
    found = session.scalars(select(Need).where(mine)).one_or_none() if public_id.isprintable() else None
    if found is None:
        raise NotFoundError(_NO_NEED, code="not_found")
    return found


_NO_ENTERPRISE = Text(
    "这一页只给企业使用。从工作台重新进入。", "This page is for enterprises only. Start again from the workbench."
)
_NO_NEED = Text(
    "没有这条需求。从「我的需求」重新进入。", "There is no such need. Start again from the list of your needs."
)
