"""Whether a credit record counts against an enterprise on a date (CONTRACT.md section 3)."""

from datetime import date

from matchmaker.domain.periods import whole_months
from matchmaker.domain.terms import CreditKind, Severity
from matchmaker.scoring.facts import Record

ALWAYS_SERIOUS = frozenset({CreditKind.JUDGMENT_DEBTOR, CreditKind.SERIOUS_LIST})
PUBLISHED_MONTHS = {Severity.GENERAL: 12, Severity.SERIOUS: 36}
"""How long a record counts when no end of publication is written, by severity."""

KEPT_MONTHS = 60


def counts_on(record: Record, on: date) -> bool:
    """Whether ``record`` is adverse and counts on ``on``; ``disputed`` makes no difference.

    Source of the rule: CONTRACT.md section 3, which follows the State Council's rules on public credit records: five
    years from the end of the conduct, publication of 12 or 36 months, nothing after repair.
    """
    if record.decided_on is None or record.decided_on > on or record.kind is CreditKind.HONOUR:
        return False
    if record.repaired_on is not None and record.repaired_on <= on:
        return False
    if record.kind is CreditKind.ABNORMAL_OPERATION:
        return record.ended_on is None or on < record.ended_on
    return _still_published(record, record.decided_on, on)


def _still_published(record: Record, decided_on: date, on: date) -> bool:
    severity = Severity.SERIOUS if record.kind in ALWAYS_SERIOUS else record.severity
    if severity not in PUBLISHED_MONTHS:
        return False
    if not _within(record.ended_on or record.occurred_on or decided_on, on, KEPT_MONTHS):
        return False
    if record.publish_until is not None:
        return on < record.publish_until
    return _within(decided_on, on, PUBLISHED_MONTHS[severity])


def _within(start: date, on: date, months: int) -> bool:
    """``on`` < ``start`` + ``months``, also where the sum would lie beyond the calendar (9999-12-31)."""
    return whole_months(start, on) < months
