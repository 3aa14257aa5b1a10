"""What an enterprise has given for its rating, and what is still missing: shown where it has not been rated yet."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from matchmaker.accounts.models import Consent
from matchmaker.db import ScopedSession
from matchmaker.domain.terms import EntryStatus, OrganisationKind
from matchmaker.domain.text import Text
from matchmaker.guarantee.rating.consented import credit_consents
from matchmaker.lists.models import Enterprise, Organisation
from matchmaker.scoring.rating.facts import FACTS
from matchmaker.scoring.rating.sentences import FACT_LABELS


@dataclass(frozen=True, slots=True)
class Readiness:
    """``published``: only enterprises whose entry is are rated; ``blank``: facts that no rule can look at; ``bureau``:
    whom a consent for looking at credit information is given to; ``consent``: the one that holds."""

    published: bool
    blank: tuple[Text, ...]
    bureau: Organisation | None
    consent: Consent | None


def readiness_of(session: ScopedSession, uscc: str, now: datetime) -> Readiness:
    """What is there of an enterprise that the session's actor sees.

    The consent is that of 《征信业管理条例》 article 18: to the bureau, for looking at credit information.
    """
    entry = session.scalars(select(Enterprise).where(Enterprise.uscc == uscc)).one_or_none()
    blank = tuple(FACT_LABELS[name] for name in FACTS if entry is None or getattr(entry, name) is None)
    published = entry is not None and entry.status is EntryStatus.PUBLISHED
    bureaus = _bureaus(session)
    given = credit_consents(session, [uscc], [one.org_code for one in bureaus], now)
    return Readiness(published, blank, bureaus[0] if bureaus else None, given.get(uscc))


def _bureaus(session: ScopedSession) -> list[Organisation]:
    known = (Organisation.kind == OrganisationKind.BUREAU) & (Organisation.status == EntryStatus.PUBLISHED)
    return list(session.scalars(select(Organisation).where(known).order_by(Organisation.org_code)))
