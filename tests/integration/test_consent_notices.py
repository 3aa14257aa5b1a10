"""R30: a bank is told of a consent at once, by name in the body alone, and of nothing that was withdrawn meanwhile."""

from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from sqlalchemy import select

from matchmaker.accounts.consent import withdraw_consent
from matchmaker.accounts.models import Consent, Disclosure
from matchmaker.actor import CLI, SYSTEM
from matchmaker.db import Database
from matchmaker.outbox.models import OutboxMessage
from matchmaker.outbox.services import send_again
from matchmaker.push.models import PushItem
from matchmaker.push.services import send_due
from matchmaker.settings import Settings
from tests.support.consenting import IDENTITY, NOW, as_, consent, enterprise, fill, lead_of

NAME = "威海隐名1号机械有限公司"
Made = tuple[Database, Settings]


@pytest.fixture
def city(migrated_url: str, tmp_path: Path) -> Iterator[Made]:
    database = Database(migrated_url)
    yield database, fill(database, tmp_path)
    database.dispose()


def notice(database: Database) -> OutboxMessage:
    with database.reading(SYSTEM) as session:
        return session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "consent_notice")).one()


def mails(settings: Settings) -> str:
    files = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in settings.mail_dir.glob("*.eml")]
    bodies = [one.get_body(("plain",)) for one in files]
    return "\n".join(body.get_content() for body in bodies if body is not None)


def withdraw(database: Database, given: Consent) -> None:
    with as_(database, enterprise()) as session:
        withdraw_consent(session, actor=enterprise(), public_id=given.public_id, now=NOW)


def test_the_bank_is_told_at_once_and_once(city: Made) -> None:
    database, settings = city
    given = consent(database, settings, groups=IDENTITY)
    consent(database, settings, groups=IDENTITY)
    send_due(database, settings, now=lambda: NOW)
    sent = notice(database)
    assert sent.state == "sent" and sent.window == given.public_id and sent.contact_no == "B1-1"
    assert NAME in (sent.text or "") and NAME in (sent.html or "") and "隐名" not in (sent.subject or "")
    assert f"/leads/{lead_of(database, 'B1')}" in (sent.text or "")
    assert mails(settings).count(NAME) == 1
    with database.reading(SYSTEM) as session:
        items = session.scalars(select(PushItem.payload).where(PushItem.kind == "consent_notice")).all()
        looks = session.scalars(select(Disclosure)).all()
    assert "隐名" not in str(items) and len(items) == 1
    assert [(one.channel, one.who, one.fields) for one in looks] == [("mail", "contact:B1-1", ["enterprises.name"])]


def test_withdrawn_before_it_is_written(city: Made) -> None:
    database, settings = city
    withdraw(database, consent(database, settings))
    send_due(database, settings, now=lambda: NOW)
    assert notice(database).state == "dropped" and NAME not in mails(settings)


class Between:
    """The dispatcher's clock: when it is asked for the hour with the message written, the consent is withdrawn."""

    def __init__(self, database: Database, given: Consent) -> None:
        self.database, self.given, self.done = database, given, False

    def __call__(self) -> datetime:
        if not self.done and notice(self.database).text is not None:
            self.done = True
            withdraw(self.database, self.given)
        return NOW


def test_withdrawn_between_writing_and_sending(city: Made) -> None:
    database, settings = city
    clock = Between(database, consent(database, settings))
    send_due(database, settings, now=clock)
    assert clock.done, "it was written before"
    kept = notice(database)
    assert (kept.state, kept.last_error, kept.text, kept.html) == ("dropped", "consent_ended", None, None)
    assert NAME not in mails(settings)


def test_what_was_sent_is_not_sent_again_after_the_withdrawal(city: Made) -> None:
    database, settings = city
    given = consent(database, settings)
    send_due(database, settings, now=lambda: NOW)
    withdraw(database, given)
    assert notice(database).text is None, "what was kept of it is blank"
    with database.writing(SYSTEM) as session:  # as an operator's restore would leave it
        again = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "consent_notice")).one()
        again.state, again.last_error = "failed", "restored"
    with database.writing(CLI) as session:
        assert len(send_again(session, None, actor=CLI, now=NOW)) == 1
    for path in settings.mail_dir.glob("*.eml"):
        path.unlink()
    send_due(database, settings, now=lambda: NOW)
    assert notice(database).state == "dropped" and NAME not in mails(settings)
