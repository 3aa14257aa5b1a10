"""What each scheduled job does: it asks the tables, which are the truth, what is due."""

import logging

from matchmaker.accounts.audit_files import copy_head, head_files
from matchmaker.actor import SYSTEM
from matchmaker.clock import today
from matchmaker.domain.errors import ConflictError
from matchmaker.guarantee.cases.lapsing import lapse_due
from matchmaker.guarantee.endorsement.revoking import revoke_all_outdated
from matchmaker.guarantee.ledger.nightly import check_ledger
from matchmaker.guarantee.rating.rounds import rate_everybody
from matchmaker.jobs.context import Context
from matchmaker.lists.services import expire_entries
from matchmaker.lists.services.workflow import NIGHTLY
from matchmaker.push.due_notices import plan_due_notices
from matchmaker.push.notices import plan_stale_notices
from matchmaker.push.planning import plan_due
from matchmaker.push.privacy.retention import run_retention
from matchmaker.push.services import send_due
from matchmaker.push.webhooks import deliver_webhooks, tell_expiring
from matchmaker.push.windows import CALENDAR_WARNING

RATINGS_A_NIGHT = 5_000
"""So many are written in one transaction at most, for all writers of lists wait for it."""

_LOG = logging.getLogger(__name__)


def plan_pushes(context: Context) -> None:
    """Plan the windows that are due; another process that is planning has the same in hand."""
    try:
        with context.database.writing(SYSTEM) as session:
            planned = plan_due(session, settings=context.settings, now=context.now())
    except ConflictError:
        _LOG.info("another process is planning")
        return
    for window in planned:
        if window.calendar_warning:
            _LOG.warning(CALENDAR_WARNING.en.format(years=window.calendar_warning))
        _LOG.info("window %s %s %s: %d messages", window.audience, window.window_at, window.state, window.messages)


def send_messages(context: Context) -> None:
    """Send what is due."""
    tally = send_due(context.database, context.settings, now=context.now, stopping=context.stopping)
    if tally.sent or tally.failed or tally.down:
        _LOG.info("sent %d, failed %d, waiting %d %s", tally.sent, tally.failed, tally.waiting, tally.down or "")


def send_webhooks(context: Context) -> None:
    """Send webhooks that are due; apart from mail, so that neither waits for the other."""
    tally = deliver_webhooks(context.database, context.settings, now=context.now, stopping=context.stopping)
    if tally.sent or tally.failed:
        _LOG.info("webhooks: sent %d, failed %d, waiting %d", tally.sent, tally.failed, tally.waiting)


def notify_expiring(context: Context) -> None:
    """Tell banks' systems which products end soon."""
    with context.database.writing(SYSTEM) as session:
        told = tell_expiring(session, settings=context.settings, now=context.now())
    _LOG.info("products that end soon: %d events", told)


def expire_lists(context: Context) -> None:
    """End entries that are past their last day."""
    with context.database.writing(SYSTEM) as session:
        expired = expire_entries(session, today(context.now, context.settings.zone), context.now())
    _LOG.info("expired %s", expired)


def revoke_certificates(context: Context) -> None:
    """End certificates that say more than the standing rating does."""
    with context.database.writing(SYSTEM) as session:
        revoked = revoke_all_outdated(session, context.now())
    _LOG.info("certificates revoked: %d", revoked)


def notify_stale(context: Context) -> None:
    """Tell owners what is about to become stale."""
    with context.database.writing(SYSTEM) as session:
        _, messages = plan_stale_notices(session, settings=context.settings, now=context.now())
    _LOG.info("stale notices: %d messages", messages)


def notify_due(context: Context) -> None:
    """Tell the bureau's operators which answers to enterprises are due on the next workday."""
    with context.database.writing(SYSTEM) as session:
        messages = plan_due_notices(session, settings=context.settings, now=context.now())
    _LOG.info("answers due: %d messages", messages)


def rate_enterprises(context: Context) -> None:
    """Rate anew whose rating has run out or would come out differently; of very many, the rest the next night."""
    day = today(context.now, context.settings.zone)
    try:
        done = rate_everybody(
            context.database, actor=NIGHTLY, on=day, now=context.now(), settings=context.settings, most=RATINGS_A_NIGHT
        )
    except ConflictError as error:
        _LOG.warning("nobody was rated: %s", error)
        return
    _LOG.info("ratings: %d", done)


def copy_audit_head(context: Context) -> None:
    """Copy the newest head of the audit chain to where the database's owner cannot rewrite it."""
    with context.database.reading(SYSTEM) as session:
        head = copy_head(session, head_files(context.settings), context.now())
    _LOG.info("audit head %d", head.seq)


def verify_books(context: Context) -> None:
    """Compare the cached balances of guarantees with their legs; what does not hold is recorded, never mended."""
    checked = check_ledger(context.database, context.now())
    if checked.flaws:
        _LOG.error("ledger: %d sums do not hold (flask guarantee verify)", len(checked.flaws))
    else:
        _LOG.info("ledger holds: %d entries, %d balances", checked.entries, checked.balances)


def apply_retention(context: Context) -> None:
    """Remove what may no longer be kept."""
    erased = run_retention(context.database, context.settings, actor=NIGHTLY, now=context.now())
    _LOG.info("retention %s", erased)


def lapse_guarantees(context: Context) -> None:
    """End reservations and letters that are past their day; their capacity is free again."""
    ended = lapse_due(context.database, settings=context.settings, now=context.now())
    _LOG.info("guarantees that lapsed: %d", len(ended))
