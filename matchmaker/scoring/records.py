"""Whether a credit record counts against an enterprise on a date, and until when (CONTRACT.md section 3)."""

from datetime import date

from matchmaker.domain.periods import add_months
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
    if record.kind is not CreditKind.ABNORMAL_OPERATION and _severity(record) not in PUBLISHED_MONTHS:
        return False
    until = counts_until(record)
    return until is None or on < until


def counts_until(record: Record) -> date | None:
    """The first day on which a record that counts no longer does; None: no day is set, or it is beyond the calendar.

    A record that is to be repaired on a later day counts until then.
    """
    if record.kind is CreditKind.ABNORMAL_OPERATION:
        ends = [record.repaired_on, record.ended_on]
    else:
        ends = [record.repaired_on, *_ends_by_rule(record)]
    return min((end for end in ends if end is not None), default=None)


def _ends_by_rule(record: Record) -> tuple[date | None, ...]:
    """End of the five years and end of publication; none for a record that never counts."""
    severity, decided_on = _severity(record), record.decided_on
    if decided_on is None or severity not in PUBLISHED_MONTHS:
        return ()
    kept = _later(record.ended_on or record.occurred_on or decided_on, KEPT_MONTHS)
    return kept, record.publish_until or _later(decided_on, PUBLISHED_MONTHS[severity])


def _severity(record: Record) -> Severity:
    return Severity.SERIOUS if record.kind in ALWAYS_SERIOUS else record.severity


def _later(start: date, months: int) -> date | None:
    """None beyond the calendar (9999-12-31)."""
    return None if start.year + months // 12 > date.max.year else add_months(start, months)
