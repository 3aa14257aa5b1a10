"""The consents under which the bureau reads an enterprise's records for its rating."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from matchmaker.accounts.consent import about_need, active
from matchmaker.accounts.models import Consent
from matchmaker.db import ScopedSession
from matchmaker.domain.terms import ConsentPurpose, FieldGroup


def credit_consents(
    session: ScopedSession, usccs: Collection[str], bureaus: Collection[str], at: datetime
) -> dict[str, Consent]:
    """Enterprise → its newest consent to the bureau that holds now, opens credit records and is for looking at credit
    information (《征信业管理条例》 article 18), for no need in particular: a rating serves all of them.

    As ``accounts.consent.active_consents``, for very many at once, and without holding their rows: who writes a rating
    holds the writers' lock of the lists, as whoever withdraws does.
    """
    given = Consent.uscc.in_(usccs) & Consent.org_code.in_(bureaus)
    purpose = Consent.purpose == ConsentPurpose.CREDIT_CHECK.value
    query = select(Consent).where(given, purpose, about_need(None), active(at)).order_by(Consent.id)
    found = session.scalars(query.execution_options(populate_existing=True))
    return {consent.uscc: consent for consent in found if FieldGroup.CREDIT.value in consent.groups}
