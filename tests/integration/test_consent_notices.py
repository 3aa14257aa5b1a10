"""R30: a bank is told of a consent at once, by name in the body alone, and of nothing that was withdrawn meanwhile."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
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
from matchmaker.push.consent_notices import take_back_consent
from matchmaker.push.models import Lead, PushItem
from matchmaker.push.services import run_push, send_due
from matchmaker.settings import Settings
from tests.support.city import code_of, need, put
from tests.support.consenting import IDENTITY, NOW, as_, consent, enterprise, fill, lead_of
from tests.support.smtp import smtp_sink

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


def test_one_mail_is_one_look_though_it_is_about_two_needs_and_tried_twice(city: Made) -> None:
    database, settings = city
    day = NOW + timedelta(days=1)
    with database.writing(SYSTEM) as session:
        put(session, "needs", need(1, need_no="XQ-20261118-0099"), now=NOW)
    run_push(database, settings, now=lambda: day, audiences=("bank",))
    consent(database, settings, groups=IDENTITY, now=day)
    with smtp_sink() as sink:
        mailing = replace(settings, smtp_host="127.0.0.1", smtp_port=sink.port, smtp_starttls=False)
        sink.on_data = lambda _: "451 later"
        send_due(database, mailing, now=lambda: day)
        assert not sink.mails
        sink.on_data = lambda _: "250 OK"
        later = day + timedelta(hours=1)
        send_due(database, mailing, now=lambda: later)
        ((_, mail),) = sink.mails
    assert notice(database).state == "sent"
    body = mail.get_body(("plain",))
    assert body is not None and body.get_content().count("/leads/") == 2
    with database.reading(SYSTEM) as session:
        looks = session.scalars(select(Disclosure)).all()
    assert [(one.channel, one.who) for one in looks] == [("mail", "contact:B1-1")]
    assert looks[0].request_id == notice(database).message_id


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


def test_a_withdrawal_is_mailed_to_the_bank_without_who_it_was(city: Made) -> None:
    """Over SMTP, once: the anonymous reference that the bank has known before any consent, and nothing else."""
    database, settings = city
    given = consent(database, settings, groups=IDENTITY)
    send_due(database, settings, now=lambda: NOW)
    with smtp_sink() as sink:
        by_smtp = replace(settings, smtp_host="127.0.0.1", smtp_port=sink.port)
        for _ in range(2):
            with as_(database, enterprise()) as session:
                take_back_consent(
                    session, actor=enterprise(), public_id=given.public_id, settings=by_smtp, now=NOW
                )  # fmt: skip
            send_due(database, by_smtp, now=lambda: NOW)
    ((to, mail),) = sink.mails
    with database.reading(SYSTEM) as session:
        lead = session.scalars(select(Lead).where(Lead.public_id == lead_of(database, "B1"))).one()
        stored = session.scalars(select(PushItem.payload).where(PushItem.kind == "consent_withdrawn")).all()
        message = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "consent_withdrawn")).one()
    assert to == [message.address] and message.contact_no == "B1-1"
    assert lead.card and lead.card["card"]["need_no"] in (message.text or "")
    said = "\n".join(part.get_content() for part in mail.walk() if part.get_content_maintype() == "text")
    assert lead.card["card"]["need_no"] in said
    for secret in (NAME, "隐名", code_of(1), given.public_id):
        assert secret not in f"{said}{mail['Subject']}{stored}", secret
