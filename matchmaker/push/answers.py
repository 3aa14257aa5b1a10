"""Answers to what was recommended, with what hangs on them: the lead, the banks' systems and the enterprise's.

Pages and the API call these use cases only; consents are given and withdrawn by ``give_consent`` and
``take_back_consent``, so that no answer is forgotten (an architecture test looks).
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select

from matchmaker.accounts.consent import active_consents
from matchmaker.accounts.feed import announce_changes
from matchmaker.accounts.models import Consent
from matchmaker.accounts.permits import permit
from matchmaker.actor import Actor
from matchmaker.db import ScopedSession, lock_lists
from matchmaker.domain.errors import ConflictError, NotFoundError
from matchmaker.domain.terms import BankAnswer, ConsentPurpose, EntryStatus, FirmAnswer, ReferralState
from matchmaker.domain.text import Text
from matchmaker.lists.models import Need, Product
from matchmaker.lists.queries import load_workdays
from matchmaker.outbox.webhooks.events import emit
from matchmaker.push.lead_views import find_lead
from matchmaker.push.leads import RESPONSE_WORKDAYS, end_lead, lead_change, tell_systems
from matchmaker.push.models import Lead
from matchmaker.push.taken_notices import plan_taken_notice
from matchmaker.referrals import services
from matchmaker.referrals.models import Referral
from matchmaker.referrals.opening import Recommended, close_referrals, open_referrals, referrals_of
from matchmaker.referrals.queries import ReferralView, view_of
from matchmaker.settings import Settings


def take_lead(session: ScopedSession, *, actor: Actor, public_id: str, settings: Settings, now: datetime) -> Referral:
    """接单: the bank will handle the need of this lead, and the enterprise's systems hear of it.

    ConflictError: a colleague was first (``already_answered``), the enterprise or the platform has ended it, or the
    need has been taken off the market since (``not_in_market``).
    """
    referral = _referral_of_lead(session, actor, public_id, now)
    _require_on_market(session, referral)
    before = referral.bank
    taken = services.take_referral(session, actor=actor, public_id=referral.public_id, settings=settings, now=now)
    if before is not BankAnswer.TAKEN:
        with session.elevated():
            uscc = session.scalar(select(Need.uscc).where(Need.need_no == taken.need_no))
            plan_taken_notice(session, taken, settings=settings, now=now)
            emit(session, "need.taken", subject_kind="referral", subject_id=taken.public_id, now=now, uscc=uscc)
    return _followed(session, taken, now)


def refuse_lead(
    session: ScopedSession,
    *,
    actor: Actor,
    public_id: str,
    reason: str | None,
    note: str | None = None,
    settings: Settings,
    now: datetime,
) -> Referral:
    """不适合我行: the need of this lead is not for the bank; its place goes to the next with the next push.

    ``reason``: a ``RefusalReason``. RejectedError without one; ConflictError as in :func:`take_lead`.
    """
    referral = _referral_of_lead(session, actor, public_id, now)
    refused = services.refuse_referral(
        session, actor=actor, public_id=referral.public_id, reason=reason, note=note, settings=settings, now=now
    )
    return _followed(session, refused, now)


def undo_lead(session: ScopedSession, *, actor: Actor, public_id: str, settings: Settings, now: datetime) -> Referral:
    """Take the bank's answer to this lead back within its minute; the lead is open again, unless it is gone since."""
    referral = _referral_of_lead(session, actor, public_id, now)
    undone = services.undo_answer(session, actor=actor, public_id=referral.public_id, settings=settings, now=now)
    return _followed(session, undone, now)


def decline(
    session: ScopedSession,
    *,
    actor: Actor,
    public_id: str,
    reason: str | None,
    note: str | None = None,
    settings: Settings,
    now: datetime,
) -> Referral:
    """不感兴趣: the enterprise does not want this referral; the bank's lead ends and the product is told no more.

    ``reason``: a ``DeclineReason``. RejectedError without one.
    """
    declined = services.decline_referral(
        session, actor=actor, public_id=public_id, reason=reason, note=note, settings=settings, now=now
    )
    return _followed(session, declined, now)


def decline_product(
    session: ScopedSession,
    *,
    actor: Actor,
    need_no: str,
    product_code: str,
    reason: str | None,
    note: str | None = None,
    settings: Settings,
    now: datetime,
) -> Referral:
    """不感兴趣 to a product that matches, whether its bank has been shown the need or not.

    NotFoundError for a need that is not the actor's, or a product that it does not see. ConflictError while the need is
    with that bank for another product: that one is answered first.
    """
    lock_lists(session)
    bank = session.scalar(select(Product.bank_name).where(Product.product_code == product_code))
    uscc = session.scalar(select(Need.uscc).where(Need.need_no == need_no))
    if bank is None or uscc is None or uscc != actor.uscc:
        raise services.unknown_referral()
    with session.elevated():
        if not referrals_of(session, [(need_no, bank)]):
            open_referrals(session, [Recommended(need_no, bank, product_code, None)], now)
        (referral,) = referrals_of(session, [(need_no, bank)]).values()
    if referral.product_code != product_code and referral.state is ReferralState.CLOSED:
        services.write(session, referral, {"product_code": product_code}, now)
    elif referral.product_code != product_code:
        raise ConflictError(_OTHER_PRODUCT, code="other_product", product=referral.product_code)
    return decline(
        session, actor=actor, public_id=referral.public_id, reason=reason, note=note, settings=settings, now=now
    )


def undo_decline(
    session: ScopedSession, *, actor: Actor, public_id: str, settings: Settings, now: datetime
) -> Referral:
    """Take the enterprise's answer back within its minute; the bank's lead, if it has one, is open again.

    What is gone since, or was never shown to the bank, stays ended.
    """
    undone = services.undo_answer(session, actor=actor, public_id=public_id, settings=settings, now=now)
    return _followed(session, undone, now)


def note_consent(session: ScopedSession, consent: Consent, *, actor: Actor, settings: Settings, now: datetime) -> None:
    """Write down in the referrals that a consent concerns that the enterprise has consented.

    A consent to all needs does not take back that the enterprise was not interested in a bank for one of them; one for
    the very need does. A lead that is open again by it is due anew. Only consents to financing speak of referrals.
    """
    if consent.purpose != ConsentPurpose.FINANCING.value:
        return
    with session.elevated():
        for referral in _concerned(session, consent):
            stands = referral.firm is FirmAnswer.DECLINED and consent.need_no is None
            if referral.firm is not FirmAnswer.CONSENTED and not stands:
                services.move(session, referral, actor=actor, part="firm", verb="consent", now=now)
                _prolong(session, referral, settings, now)
                _followed(session, referral, now)


def end_referrals_of(session: ScopedSession, ended: Consent, *, actor: Actor, now: datetime) -> None:
    """End the referrals that rested on a consent that was withdrawn, and on it alone."""
    if ended.purpose != ConsentPurpose.FINANCING.value:
        return
    with session.elevated():
        for referral in _concerned(session, ended):
            if referral.firm is FirmAnswer.CONSENTED and not _still_consented(session, referral, ended, now):
                services.move(session, referral, actor=actor, part="firm", verb="withdraw", now=now)
                _followed(session, referral, now)


def answers_to(
    session: ScopedSession, public_ids: Collection[str], *, actor: Actor, settings: Settings, now: datetime
) -> dict[str, ReferralView]:
    """The public id of each lead → its referral as the actor's side may read it."""
    same = (Referral.need_no == Lead.need_no) & (Referral.org_code == Lead.org_code)
    query = select(Lead.public_id, Referral).join(Referral, same).where(Lead.public_id.in_(public_ids))
    found = session.execute(query).all()
    return {name: view_of(referral, actor, settings=settings, now=now) for name, referral in found}


def _referral_of_lead(session: ScopedSession, actor: Actor, public_id: str, now: datetime) -> Referral:
    """The referral of a lead that the actor may answer, held; NotFoundError when there is none."""
    permit(actor, "referrals.answer", now)
    lead = find_lead(session, public_id)
    found = referrals_of(session, [(lead.need_no, lead.org_code)])
    if not found:
        raise NotFoundError(
            Text("没有这条推荐。从列表重新进入。", "There is no such lead. Open it from the list again."),
            code="not_found",
        )
    (referral,) = found.values()
    return services.hold_referral(session, referral.public_id)


def _require_on_market(session: ScopedSession, referral: Referral) -> None:
    with session.elevated():
        status = session.scalar(select(Need.status).where(Need.need_no == referral.need_no))
    if status is not EntryStatus.PUBLISHED and referral.bank is BankAnswer.NONE:
        raise ConflictError(_OFF_MARKET, code="need_gone")


def _followed(session: ScopedSession, referral: Referral, now: datetime) -> Referral:
    """The lead is open as long as its referral is; the systems of both sides hear that something has changed."""
    with session.elevated():
        lead = _lead_of(session, referral)
        _end_if_gone(session, referral, lead, now)
        uscc = session.scalar(select(Need.uscc).where(Need.need_no == referral.need_no))
        is_open = referral.state is ReferralState.OPEN
        if lead is not None and is_open != (lead.ended_at is None):
            _turn(lead, is_open, now)
            tell_systems(session, [lead] if is_open else [], [] if is_open else [lead], now)
        elif lead is not None:
            lead.version += 1
            announce_changes(session, [lead_change(lead, now)])
        changed = {"kind": "referral", "public_id": referral.public_id, "gone": not is_open, "org_code": None}
        announce_changes(session, [{**changed, "uscc": uscc, "at": now}])
    return referral


def _end_if_gone(session: ScopedSession, referral: Referral, lead: Lead | None, now: datetime) -> None:
    """An answer brings nothing back that the bank was never shown, or whose need or product has left the market."""
    comes_back = referral.state is ReferralState.OPEN and (lead is None or lead.ended_at is not None)
    if comes_back and (lead is None or not _is_offered(session, referral)):
        close_referrals(session, [(referral.need_no, referral.org_code)], now)


def _is_offered(session: ScopedSession, referral: Referral) -> bool:
    need = select(Need.status).where(Need.need_no == referral.need_no)
    product = select(Product.status).where(Product.product_code == referral.product_code)
    return {session.scalar(need), session.scalar(product)} == {EntryStatus.PUBLISHED}


def _turn(lead: Lead, is_open: bool, now: datetime) -> None:
    if is_open:
        lead.ended_at, lead.version = None, lead.version + 1
    else:
        end_lead(lead, now)


def _lead_of(session: ScopedSession, referral: Referral) -> Lead | None:
    mine = (Lead.need_no == referral.need_no) & (Lead.org_code == referral.org_code)
    return session.scalars(select(Lead).where(mine)).one_or_none()


def _concerned(session: ScopedSession, consent: Consent) -> Sequence[Referral]:
    """The referrals of the bank and the needs that a consent is about, held."""
    needs = select(Need.need_no).where(Need.uscc == consent.uscc)
    if consent.need_no is not None:
        needs = needs.where(Need.need_no == consent.need_no)
    mine = select(Referral).where(Referral.org_code == consent.org_code, Referral.need_no.in_(needs))
    held = mine.order_by(Referral.id).with_for_update().execution_options(populate_existing=True)
    return session.scalars(held).all()


def _still_consented(session: ScopedSession, referral: Referral, ended: Consent, now: datetime) -> bool:
    """Whether another consent lets the bank see the need."""
    about = active_consents(
        session, uscc=ended.uscc, org_code=ended.org_code, purpose=ConsentPurpose.FINANCING,
        need_no=referral.need_no, at=now,
    )  # fmt: skip
    return bool(about)


def _prolong(session: ScopedSession, referral: Referral, settings: Settings, now: datetime) -> None:
    """A lead that ended and is open again is due three workdays from now."""
    lead = _lead_of(session, referral)
    if lead is None or lead.ended_at is None or referral.state is not ReferralState.OPEN:
        return
    due_on = load_workdays(session).add(now.astimezone(settings.zone).date(), RESPONSE_WORKDAYS)
    lead.due_on = due_on
    services.write(session, referral, {"due_on": due_on}, now)


_OFF_MARKET = Text(
    "企业已撤下或暂停这项需求，不能接单。", "The company has taken this need off the market, so it cannot be taken."
)
_OTHER_PRODUCT = Text(
    "该银行正就另一产品「{product}」与这项需求对接；先答复那一条。",
    'The bank has been shown this need for another product, "{product}"; answer that one first.',
)
