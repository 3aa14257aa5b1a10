"""A person's inbox: what was addressed to it and nothing else, and of an enterprise only what it lets be seen now."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from matchmaker.actor import SYSTEM, Actor
from matchmaker.db import Database
from matchmaker.domain.errors import NotAllowedError, NotFoundError
from matchmaker.domain.terms import Role, Side
from matchmaker.lists.models import Contact
from matchmaker.outbox.models import OutboxMessage
from matchmaker.push.consent_notices import take_back_consent
from matchmaker.push.models import PushItem
from matchmaker.push.own_messages import INBOX_KINDS, count_unread, from_inbox, mark_read, own_message, text_of
from matchmaker.push.privacy.retention import run_retention
from matchmaker.push.services import run_push, send_due
from matchmaker.settings import Settings
from tests.support.consenting import IDENTITY, NOW, as_, consent, enterprise, fill, lead_of
from tests.support.referring import manager

Made = tuple[Database, Settings]
NAME = "威海隐名1号机械有限公司"
BANK = replace(manager(), contact_no="B1-1")
FIRM = replace(enterprise(1), contact_no="E001")


@pytest.fixture
def city(migrated_url: str, tmp_path: Path) -> Iterator[Made]:
    """Banks and enterprises have had their digests."""
    database = Database(migrated_url)
    settings = fill(database, tmp_path)
    run_push(database, settings, now=lambda: NOW, audiences=("enterprise",))
    yield database, settings
    database.dispose()


def mine(database: Database, who: Actor) -> list[OutboxMessage]:
    def work(messages: Any) -> list[OutboxMessage]:
        return list(session.scalars(messages.order_by(OutboxMessage.id)))

    with database.reading(who) as session:
        return from_inbox(session, actor=who, work=work, now=NOW)


def unread(database: Database, who: Actor) -> int:
    with database.reading(SYSTEM) as session:
        return count_unread(session, who)


def text(city: Made, who: Actor, message_id: str) -> str | None:
    database, settings = city
    with database.reading(who) as session:
        found = own_message(session, actor=who, message_id=message_id, now=NOW)
        return text_of(session, found, settings=settings, lang="zh")


def write(database: Database, **values: Any) -> None:
    with database.writing(SYSTEM) as session:
        session.execute(update(OutboxMessage).values(**values))


def test_each_reads_what_was_mailed_to_it_and_nobody_elses(city: Made) -> None:
    database, _ = city
    (own,) = mine(database, BANK)
    assert (own.contact_no, own.kind) == ("B1-1", "bank_digest") and text(city, BANK, own.message_id) == own.text
    (firms,) = mine(database, FIRM)
    assert firms.contact_no == "E001"
    for who, other in ((BANK, firms), (FIRM, own), (replace(BANK, contact_no=None), own)):
        for message_id in (other.message_id, "0" * 40, "\x00"):
            with pytest.raises(NotFoundError):
                text(city, who, message_id)
    assert mine(database, replace(BANK, contact_no=None)) == []
    colleague = replace(BANK, who="person:m42", contact_no="B1-2")
    assert mine(database, colleague) == [] and unread(database, colleague) == 0


def test_a_contact_that_moved_to_another_bank_takes_no_messages_along(city: Made) -> None:
    """The person stays at its bank: what the contact is told at the other one is not its."""
    database, _ = city
    with database.writing(SYSTEM) as session:
        session.execute(update(Contact).where(Contact.contact_no == "B1-1").values(org_code="B2"))
    assert mine(database, BANK) == [] and unread(database, BANK) == 0


def test_an_inbox_names_no_enterprise_whatever_became_of_its_consent(city: Made) -> None:
    """E-6: the name stands at the lead alone, where the gate asks anew and writes the look down."""
    database, settings = city
    given = consent(database, settings, groups=IDENTITY)
    send_due(database, settings, now=lambda: NOW)
    notice = mine(database, BANK)[-1]
    assert notice.kind == "consent_notice" and NAME in (notice.text or "")
    shown = text(city, BANK, notice.message_id)
    assert shown is not None and NAME not in shown and "隐名" not in (notice.subject or "")
    assert "名称在需求页面上查看" in shown and f"/leads/{lead_of(database, 'B1')}" in shown
    with as_(database, enterprise()) as session:
        take_back_consent(session, actor=enterprise(), public_id=given.public_id, settings=settings, now=NOW)
    assert text(city, BANK, notice.message_id) is None, "blanked with the consent"
    send_due(database, settings, now=lambda: NOW)
    assert [one.kind for one in mine(database, BANK)] == ["bank_digest", "consent_notice", "consent_withdrawn"]


def test_what_has_not_left_is_not_there_and_what_no_channel_took_is(city: Made) -> None:
    database, _ = city
    assert unread(database, FIRM) == 1
    for state, there in (("waiting", 0), ("leased", 0), ("dropped", 0), ("failed", 1), ("sent", 1)):
        write(database, state=state, lease_until=NOW if state == "leased" else None)
        assert (unread(database, FIRM), len(mine(database, FIRM))) == (there, there), state
    write(database, state="failed", subject=None)
    assert mine(database, FIRM) == [], "it was never written"


def test_a_kind_that_nobody_has_said_may_be_shown_is_not(city: Made) -> None:
    database, _ = city
    write(database, kind="link_for_a_new_password")
    assert mine(database, FIRM) == [] and unread(database, FIRM) == 0


def test_what_is_addressed_to_the_person_itself_is_there(city: Made) -> None:
    database, _ = city
    with database.writing(SYSTEM) as session:
        session.execute(
            update(OutboxMessage).where(OutboxMessage.contact_no == "E002")
            .values(contact_no="person:e1", kind="reset_password", text="您的登录方式被重设")
        )  # fmt: skip
    assert {one.kind for one in mine(database, FIRM)} == {"enterprise_digest", "reset_password"}
    assert "reset_password" in INBOX_KINDS and unread(database, replace(FIRM, who="person:e2", contact_no=None)) == 0


def test_marking_as_read_concerns_ones_own_and_what_they_tell(city: Made) -> None:
    database, _ = city
    (own,), (firms,) = mine(database, BANK), mine(database, FIRM)
    later = NOW + timedelta(hours=1)
    for count in (1, 0):
        with database.writing(BANK) as session:
            ids = [own.message_id, firms.message_id, "none", "\x00"]
            assert mark_read(session, actor=BANK, message_ids=ids, now=later) == count
    assert (unread(database, BANK), unread(database, FIRM)) == (0, 1)
    with database.reading(SYSTEM) as session:
        items = session.execute(select(PushItem.contact_no, PushItem.read_at)).all()
    assert {contact_no for contact_no, at in items if at is not None} == {"B1-1"}
    assert {at for contact_no, at in items if contact_no == "B1-1"} == {later}
    (again,) = mine(database, BANK)
    assert again.read_at == later


def test_a_text_that_was_blanked_is_none(city: Made) -> None:
    database, settings = city
    run_retention(database, settings, actor=SYSTEM, now=NOW + timedelta(days=181))
    (own,) = mine(database, FIRM)
    assert own.subject and text(city, FIRM, own.message_id) is None


def test_an_administrator_has_no_inbox(city: Made) -> None:
    database, _ = city
    admin = Actor("person:a", Side.SECURITY, roles=frozenset({Role.SECURITY_ADMIN}), second_factor=True)
    with pytest.raises(NotAllowedError):
        mine(database, admin)
