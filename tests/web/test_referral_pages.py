"""What the two sides' pages say of an answer that was taken back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from matchmaker import create_app
from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain.terms import EntryStatus, Role
from matchmaker.lists.models import Need
from tests.support.accounts import add_person, client_of, parts_of
from tests.support.browsing import token_on
from tests.support.city import code_of
from tests.support.consenting import NOW, fill, lead_of, need_no
from tests.support.referring import referral


@pytest.fixture
def app(migrated_sqlite_url: str, tmp_path: Path) -> Iterator[Flask]:
    database = Database(migrated_sqlite_url)
    settings = fill(database, tmp_path)
    database.dispose()
    made = create_app(settings, now=lambda: NOW)
    yield made
    parts_of(made).database.dispose()


@pytest.mark.parametrize("gone", [False, True])
@pytest.mark.parametrize("side", ["bank", "firm"])
def test_an_undo_says_whether_an_answer_is_awaited_again(app: Flask, side: str, gone: bool) -> None:
    database = parts_of(app).database
    if side == "bank":
        person = add_person(app, Role.ACCOUNT_MANAGER, org_code="B1")
        page, no = f"/leads/{lead_of(database, 'B1')}", "refuse"
    else:
        person = add_person(app, Role.FINANCE, uscc=code_of(1))
        page, no = f"/referrals/{referral(database).public_id}", "decline"
    client = client_of(app, person)
    form = {"csrf_token": token_on(client.get("/referrals" if side == "firm" else page)), "reason": "OTHER"}
    client.post(f"{page}/{no}", data=form)
    if gone:
        with database.writing(SYSTEM) as session:
            session.scalars(select(Need).where(Need.need_no == need_no())).one().status = EntryStatus.WITHDRAWN
    said = client.post(f"{page}/undo", data=form, follow_redirects=True).text
    assert ("可以重新答复" in said) is not gone and ("这条对接已结束" in said) is gone
    assert referral(database).state.value == ("closed" if gone else "open")
