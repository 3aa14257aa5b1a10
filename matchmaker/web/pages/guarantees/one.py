"""One guarantee: to its guarantor and the bureau a case file, to the enterprise its progress, to the bank its loan."""

from dataclasses import dataclass, field
from typing import Any

from matchmaker.db import ScopedSession
from matchmaker.domain.guarantee_life import BANK_EVENTS, REASON_SIGNS, STEPS, GuaranteeStep
from matchmaker.domain.guarantee_terms import FeePayer, Grade, GuaranteeState, LossParty
from matchmaker.domain.terms import Side
from matchmaker.domain.text import Text
from matchmaker.guarantee.cases.deciding import OPINIONS
from matchmaker.guarantee.cases.events import WAITS
from matchmaker.guarantee.cases.holding import hand_of, position_of
from matchmaker.guarantee.cases.models import Guarantee
from matchmaker.guarantee.cases.queries import events_of, find_case, notes_of, steps_for
from matchmaker.lists.queries import load_workdays
from matchmaker.scoring.exposure import split
from matchmaker.web.due import due_words
from matchmaker.web.guard import action
from matchmaker.web.pages.guarantees.progress import next_of, progress_of
from matchmaker.web.pages.guarantees.review import review_of
from matchmaker.web.pages.guarantees.routes import guarantees
from matchmaker.web.tables.guarantees import COLOURS, load_names
from matchmaker.web.view import actor, current_day, page, parts, writing


@dataclass(frozen=True, slots=True)
class Fault:
    """A step that was refused: which, the sentence, and what had been typed."""

    verb: str
    sentence: Text
    typed: dict[str, str] = field(default_factory=dict)


@guarantees.get("/guarantees/<public_id>")
@action("guarantees.read")
def one(public_id: str) -> str:
    """The page of the reader's side."""
    return shown(public_id)


def shown(public_id: str, fault: Fault | None = None) -> str:
    """The page; the session writes, for a look at an enterprise's facts is written down."""
    with writing() as session:
        values = _values(session, find_case(session, public_id))
    return page(TEMPLATES.get(actor().side, "guarantee_case.html"), **values, fault=fault)


TEMPLATES = {Side.ENTERPRISE: "guarantee_own.html", Side.BANK: "guarantee_bank.html"}


def _values(session: ScopedSession, case: Guarantee) -> dict[str, Any]:
    me, names = actor(), load_names(session)
    at = position_of(session, case)
    values = {
        "case": case,
        "colours": COLOURS,
        "names": names,
        "position": at,
        "shares": shares_of(case, at),
        "fee": fee_of(case),
        "notes": notes_of(session, case),
        "events": events_of(session, case),
        "open": [step.verb for step in steps_for(case, me) if not _is_done(step, case)],
        "second": _waits(case),
        "verbs": STEPS,
        "waits": WAITS,
        "kinds": BANK_EVENTS,
        "opinions": OPINIONS,
        "grades": list(Grade),
        "reason_signs": REASON_SIGNS,
        "progress": progress_of(case),
        "next": next_of(case),
        "due": due_words(load_workdays(session), current_day()),
        "today": current_day(),
    }
    reviewing = me.side in (Side.GUARANTOR, Side.BUREAU)
    return values | (review_of(session, case, parts().now()) if reviewing else {})


def _is_done(step: GuaranteeStep, case: Guarantee) -> bool:
    """The first of two persons has taken a step that leaves the case where it is."""
    return bool((step.verb == "check" and case.checked_by) or (step.verb == "propose_write_off" and case.proposed_by))


def _waits(case: Guarantee) -> bool:
    """Whether the next step is a colleague's, for the reader took the one before (EXPERIENCE.md U-6)."""
    first = {
        GuaranteeState.REVIEWED: case.reviewed_by if case.amount_fen > case.four_eyes_above_fen else None,
        GuaranteeState.CLAIMED: case.checked_by,
        GuaranteeState.COMPENSATED: case.proposed_by,
    }.get(case.stands)
    return first is not None and first == hand_of(actor())


@dataclass(frozen=True, slots=True)
class Share:
    """Who bears how much: of the loan, of what is out, and of what was lost (fen)."""

    party: LossParty
    e6: int
    of_loan: int
    of_outstanding: int
    of_loss: int


def shares_of(case: Guarantee, at: Any) -> list[Share]:
    """The parties that bear something, to the fen; the parts of the loan add up to the loan (EXPERIENCE.md U-4)."""
    shares = {party: e6 for party, e6 in case.split.items() if e6}
    loan, out, lost = (split(fen, shares) for fen in (case.amount_fen, at.outstanding, at.loss))
    return [Share(party, e6, loan[party], out[party], lost[party]) for party, e6 in shares.items()]


@dataclass(frozen=True, slots=True)
class Fee:
    """What the enterprise pays (fen), and who bears it in words."""

    fen: int
    borne: Text
    treasury_fen: int


def fee_of(case: Any) -> Fee:
    """The row of the fee, which is never blank (EXPERIENCE.md U-5); also of a scheme that is on offer."""
    payer: FeePayer = getattr(case, "payer", None) or case.fee_payer
    if payer is FeePayer.TREASURY:
        return Fee(0, Text("由财政承担", "borne by the treasury"), case.fee_fen)
    return Fee(case.fee_fen, Text("由企业承担", "paid by the enterprise"), 0)
