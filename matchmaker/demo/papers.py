"""Sample certificates and a dispute, as their enterprises ask for them."""

from sqlalchemy import select

from matchmaker.actor import SYSTEM
from matchmaker.demo.casting import Cast
from matchmaker.demo.credit import DISPUTED
from matchmaker.demo.playing import Play, firm
from matchmaker.demo.stories import firm_code
from matchmaker.guarantee.endorsement.models import Certificate
from matchmaker.guarantee.endorsement.revoking import revoke_certificate
from matchmaker.guarantee.endorsement.services import issue_certificate, offer_of
from matchmaker.lists.disputes import dispute_record
from matchmaker.lists.models import CreditRecord

_ABOUT = "现场检查时器材已经归位，照片和整改记录可以提供，请核实后更正。"


def play_papers(play: Play, cast: Cast) -> None:
    """One certificate that holds, one that its enterprise has revoked, and a record in dispute."""
    revoked = _certify(play, cast.firms[2], 40)
    play.take(revoke_certificate, firm(cast.firms[2]), 6, public_id=revoked.public_id)
    _certify(play, firm_code("carbon"), 12)
    _dispute(play, firm_code("tackle"))


def _certify(play: Play, uscc: str, days: int) -> Certificate:
    """The enterprise agrees to the words of the day."""
    with play.database.reading(firm(uscc)) as session:
        shown = offer_of(session, uscc=uscc, lang="zh", settings=play.settings, now=play.at(days)).digest
    made: Certificate = play.take(
        issue_certificate, firm(uscc), days, shown=shown, lang="zh", settings=play.settings
    )  # fmt: skip
    return made


def _dispute(play: Play, uscc: str) -> None:
    with play.database.reading(SYSTEM) as session:
        mine = (CreditRecord.uscc == uscc) & (CreditRecord.record_no == DISPUTED)
        record = session.scalars(select(CreditRecord.public_id).where(mine)).one()
    play.take(dispute_record, firm(uscc), 2, uscc=uscc, record=record, about=_ABOUT, settings=play.settings)
