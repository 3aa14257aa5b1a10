"""The enterprise hears that a bank has taken its need, over real SMTP, and not of an answer that was taken back."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.outbox.models import OutboxMessage
from matchmaker.push.audiences import TAKEN_KIND
from matchmaker.push.services import send_due
from matchmaker.settings import Settings
from tests.support.consenting import NOW, fill
from tests.support.referring import answer
from tests.support.smtp import smtp_sink

Made = tuple[Database, Settings]
SOON, SETTLED = NOW + timedelta(seconds=30), NOW + timedelta(seconds=61)


@pytest.fixture
def city(migrated_url: str, tmp_path: Path) -> Iterator[Made]:
    database = Database(migrated_url)
    yield database, fill(database, tmp_path)
    database.dispose()


def mailed(city: Made, at: datetime) -> list[tuple[str, str, str]]:
    """(receiver, subject, text) of the notices that leave at this moment."""
    database, settings = city
    with smtp_sink() as sink:
        send_due(
            database, replace(settings, smtp_host="127.0.0.1", smtp_port=sink.port, smtp_starttls=False), now=lambda: at
        )
        found = []
        for _, mail in sink.mails:
            body = mail.get_body(("plain",))
            text = body.get_content() if body else ""
            if "已接单" in text:
                found.append((str(mail["To"]), str(mail["Subject"]), text))
        return found


def states(city: Made) -> list[str]:
    with city[0].reading(SYSTEM) as session:
        mine = select(OutboxMessage.state).where(OutboxMessage.kind == TAKEN_KIND).order_by(OutboxMessage.id)
        return list(session.scalars(mine))


def test_it_leaves_when_the_bank_can_no_longer_undo_and_once(city: Made) -> None:
    database, settings = city
    answer(database, settings, "take")
    answer(database, settings, "take")
    assert mailed(city, SOON) == []
    ((receiver, subject, text),) = mailed(city, SETTLED)
    assert "e001@receiver.example" in receiver and "有银行接单" in subject
    assert "B1银行" in text and "/referrals" in text and "隐名" not in subject
    assert mailed(city, SETTLED + timedelta(hours=1)) == []


def test_what_the_bank_took_back_is_not_told(city: Made) -> None:
    database, settings = city
    answer(database, settings, "take")
    answer(database, settings, "undo", now=SOON)
    assert mailed(city, SETTLED) == [] and states(city) == ["dropped"]


def test_taken_undone_and_taken_again_is_told_once(city: Made) -> None:
    database, settings = city
    answer(database, settings, "take")
    answer(database, settings, "undo", now=SOON)
    answer(database, settings, "take", now=SOON + timedelta(seconds=1))
    assert len(mailed(city, SOON + timedelta(seconds=62))) == 1


def test_a_refusal_is_not_mailed(city: Made) -> None:
    answer(*city, "refuse")
    assert states(city) == []
