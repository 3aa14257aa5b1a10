"""When what is kept has run out, as conditions on rows: what the table of rules is made of."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from matchmaker.accounts.models import Consent, Disclosure, Invitation, Registration, Throttle
from matchmaker.domain.guarantee_life import UNDRAWN
from matchmaker.domain.periods import add_months
from matchmaker.domain.terms import CreditKind, Severity
from matchmaker.guarantee.cases.models import Guarantee
from matchmaker.guarantee.rating.models import Rating
from matchmaker.lists.models import Contact, CreditRecord, ListVersion, Need
from matchmaker.lists.queries import FINAL
from matchmaker.outbox.models import OutboxMessage
from matchmaker.outbox.webhooks.models import WebhookAttempt, WebhookEvent
from matchmaker.push.privacy.closing import CLOSED
from matchmaker.scoring.records import ALWAYS_SERIOUS

ADVERSE_YEARS = 5
RECORD_YEARS = 3
LOG_DAYS = 180
INVITATION_DAYS = 30
KEY_DAYS = 7
DRAFT_DAYS = 90
REPORT_DAYS = 30


def years_ago(now: datetime, years: int) -> datetime:
    """The same day so many years before; of 29 February 365 days each."""
    return now.replace(year=now.year - years) if (now.month, now.day) != (2, 29) else now - timedelta(days=365 * years)


def adverse(now: datetime) -> ColumnElement[bool]:
    """Adverse records whose act ended five years ago.

    A blank end is read as CONTRACT.md section 3 reads it: the act ended as it occurred, else as it was decided on, and
    the record counts no more; being listed as abnormal goes on until it is lifted.
    """
    record = CreditRecord
    limit = add_months(now.date(), -12 * ADVERSE_YEARS)
    bad = record.severity.in_((Severity.MINOR, Severity.GENERAL, Severity.SERIOUS)) | record.kind.in_(ALWAYS_SERIOUS)
    listed = record.kind == CreditKind.ABNORMAL_OPERATION
    return or_(
        and_(bad, ~listed, func.coalesce(record.ended_on, record.occurred_on, record.decided_on) <= limit),
        and_(listed, func.coalesce(record.ended_on, record.repaired_on) <= limit),
    )


def adverse_versions(now: datetime) -> ColumnElement[bool]:
    """Versions of such records."""
    gone = select(CreditRecord.id).where(adverse(now))
    return (ListVersion.kind == CreditRecord.kind_name) & ListVersion.entry_id.in_(gone)


def old_disclosures(now: datetime) -> ColumnElement[bool]:
    """Looks of three years ago."""
    return Disclosure.at < years_ago(now, RECORD_YEARS)


def old_consents(now: datetime) -> ColumnElement[bool]:
    """Consents that ended three years ago and that no look rests on any more."""
    ended = func.coalesce(Consent.withdrawn_at, Consent.expires_at) < years_ago(now, RECORD_YEARS)
    return ended & ~select(Disclosure.id).where(Disclosure.consent_id == Consent.id).exists()


def old_needs(now: datetime) -> ColumnElement[bool]:
    """Needs that ended three years ago and that no consent names any more."""
    ended = Need.status.in_(FINAL) & (Need.updated_at < years_ago(now, RECORD_YEARS))
    return ended & ~select(Consent.id).where(Consent.need_no == Need.need_no).exists()


def old_ratings(now: datetime) -> ColumnElement[bool]:
    """Ratings in which the first act ended five years ago."""
    return Rating.erase_on <= now.date()


def old_features(now: datetime) -> ColumnElement[bool]:
    """Cases whose features count an act that ended five years ago."""
    return Guarantee.features_until <= now.date()


def of_old_ratings(column: Any) -> Callable[[datetime], ColumnElement[bool]]:
    """Rows whose ``column`` names such a rating."""

    def over(now: datetime) -> ColumnElement[bool]:
        found: ColumnElement[bool] = column.in_(select(Rating.rating_no).where(old_ratings(now)))
        return found

    return over


def of_old_needs(column: Any) -> Callable[[datetime], ColumnElement[bool]]:
    """Rows whose ``column`` names such a need."""

    def over(now: datetime) -> ColumnElement[bool]:
        found: ColumnElement[bool] = column.in_(select(Need.need_no).where(old_needs(now)))
        return found

    return over


def undrawn_guarantees(now: datetime) -> ColumnElement[bool]:
    """Guarantees that ended three years ago before anything was lent under them."""
    ended = Guarantee.ended_at < years_ago(now, RECORD_YEARS)
    return ended & Guarantee.state.in_([state.value for state in UNDRAWN])


def of_undrawn_guarantees(column: Any) -> Callable[[datetime], ColumnElement[bool]]:
    """Rows whose ``column`` names such a guarantee."""

    def over(now: datetime) -> ColumnElement[bool]:
        found: ColumnElement[bool] = column.in_(select(Guarantee.guarantee_no).where(undrawn_guarantees(now)))
        return found

    return over


def need_versions(now: datetime) -> ColumnElement[bool]:
    """Versions of such needs."""
    gone = select(Need.id).where(old_needs(now))
    return (ListVersion.kind == Need.kind_name) & ListVersion.entry_id.in_(gone)


def closed_versions(now: datetime) -> ColumnElement[bool]:
    """Earlier versions of contacts that were blanked; the blank one stays."""
    blanked = select(Contact.id).where(Contact.name == CLOSED)
    newest = select(Contact.version).where(Contact.id == ListVersion.entry_id).scalar_subquery()
    mine = (ListVersion.kind == Contact.kind_name) & ListVersion.entry_id.in_(blanked)
    return mine & (ListVersion.version < newest)


def before(column: Any, days: int) -> Callable[[datetime], ColumnElement[bool]]:
    """Rows whose moment in ``column`` is so many days past."""

    def over(now: datetime) -> ColumnElement[bool]:
        found: ColumnElement[bool] = column < now - timedelta(days=days)
        return found

    return over


def years_before(column: Any) -> Callable[[datetime], ColumnElement[bool]]:
    """Rows whose moment in ``column`` is three years past."""

    def over(now: datetime) -> ColumnElement[bool]:
        found: ColumnElement[bool] = column < years_ago(now, RECORD_YEARS)
        return found

    return over


def sent_bodies(now: datetime) -> ColumnElement[bool]:
    """Messages of 180 days ago that are done and still have their text."""
    old = OutboxMessage.created_at < now - timedelta(days=LOG_DAYS)
    kept = OutboxMessage.text.is_not(None) | OutboxMessage.html.is_not(None)
    return old & kept & OutboxMessage.state.in_(("sent", "failed", "dropped"))


def unused_invitations(now: datetime) -> ColumnElement[bool]:
    """Invitations of 30 days ago that nobody took."""
    return (Invitation.created_at < now - timedelta(days=INVITATION_DAYS)) & Invitation.used_at.is_(None)


def refused_registrations(now: datetime) -> ColumnElement[bool]:
    """Registrations that were refused 180 days ago."""
    return (Registration.state == "refused") & (Registration.decided_at < now - timedelta(days=LOG_DAYS))


def idle_throttles(now: datetime) -> ColumnElement[bool]:
    """Counts of failures that a day has passed over: they are forgotten after an hour (``accounts.throttle``)."""
    return func.coalesce(Throttle.until, Throttle.since) < now - timedelta(days=1)


def old_events(now: datetime) -> ColumnElement[bool]:
    """Webhook events of 180 days ago of which no attempt is kept."""
    tried = select(WebhookAttempt.id).where(WebhookAttempt.event_id == WebhookEvent.id).exists()
    return (WebhookEvent.happened_at < now - timedelta(days=LOG_DAYS)) & ~tried
