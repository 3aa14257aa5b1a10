"""Guarantees of an enterprise that closes its account: what is only asked for is taken back, a contract binds."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from matchmaker.actor import SYSTEM
from matchmaker.db import ScopedSession, lock_lists
from matchmaker.domain.errors import RejectedError
from matchmaker.domain.guarantee_life import ENDED, STEPS
from matchmaker.domain.text import LANGS, Text
from matchmaker.guarantee.cases.applying import withdraw
from matchmaker.guarantee.cases.models import Guarantee
from matchmaker.settings import Settings


def withdraw_all_of(session: ScopedSession, uscc: str, *, settings: Settings, now: datetime) -> int:
    """Take back every application, and every letter that was not drawn on; how many.

    RejectedError, with nothing done, where money has been lent under a guarantee or the guarantor has paid and not got
    it back: the contract needs its party (PIPL article 13 (2), article 47 names no right against it).
    """
    lock_lists(session)  # applying and covering wait: nothing begins between the look and the closing
    mine = select(Guarantee).where(Guarantee.uscc == uscc, Guarantee.state.not_in([one.value for one in ENDED]))
    cases = session.scalars(mine.order_by(Guarantee.id).with_for_update()).all()
    binding = [case for case in cases if case.stands not in STEPS["withdraw"].sources]
    if binding:
        raise RejectedError(_BINDING, code="guarantees_binding", cases=_named(binding))
    for case in cases:
        withdraw(session, actor=SYSTEM, public_id=case.public_id, settings=settings, now=now)
    return len(cases)


def _named(cases: Sequence[Guarantee]) -> Text:
    told = {lang: [f"{case.guarantee_no} ({case.stands.label.say(lang)})" for case in cases] for lang in LANGS}
    return Text("、".join(told["zh"]), ", ".join(told["en"]))


_BINDING = Text(
    "企业还有没有了结的担保：{cases}，没有注销。还清或结清后再注销。",
    "The account was not closed: the company is still bound by {cases}. Close it once these have been settled.",
)
