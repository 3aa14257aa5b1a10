"""The scorecard on the case file: for who reviews and approves, and for nobody else."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update

from matchmaker import create_app
from matchmaker.accounts.models import Consent
from matchmaker.actor import CLI, SYSTEM
from matchmaker.db import Database
from matchmaker.domain.terms import Role
from matchmaker.guarantee.scorecards import fit_card, release_card
from matchmaker.settings import Settings
from tests.support.accounts import SECRET, add_person, client_of, parts_of
from tests.support.city import code_of
from tests.support.guarantee_stages import rated_city
from tests.support.guaranteeing import NOW, Play
from tests.support.scorecards import add_history

TITLE, TITLE_EN = "评分卡（仅供核保参考）", "Scorecard (for the underwriter only)"


@pytest.fixture
def play(migrated_sqlite_url: str, tmp_path: Path) -> Iterator[Play]:
    database = Database(migrated_sqlite_url)
    yield Play(database, rated_city(database, tmp_path, firms=2))
    database.dispose()


@pytest.fixture
def app(play: Play, tmp_path: Path) -> Iterator[Flask]:
    settings = Settings(instance=tmp_path, secret_key=SECRET, database_url=play.database.url)
    made = create_app(settings, now=lambda: NOW)
    yield made
    parts_of(made).database.dispose()


def page(app: Flask, play: Play, role: Role, lang: str = "zh", **home: str) -> str:
    answer = client_of(app, add_person(app, role, **home)).get(f"/guarantees/{play.public_id}?lang={lang}")
    assert answer.status_code == 200
    return answer.text


def release(play: Play) -> str:
    with play.database.writing(SYSTEM) as session:
        add_history(session)
        made = fit_card(session, actor=CLI, settings=play.settings, now=NOW)
        return release_card(
            session, actor=replace(CLI, who="person:2"), card_version=made.card_version, now=NOW
        ).card_version


@pytest.mark.parametrize("role", [Role.UNDERWRITER, Role.APPROVER])
def test_without_a_card_the_guarantor_reads_how_many_cases_there_are(app: Flask, play: Play, role: Role) -> None:
    play.apply()
    text = page(app, play, role, org_code="G1")
    assert TITLE in text and "已结 0 笔，需至少 1000 笔；其中代偿 0 笔，需至少 130 笔" in text


@pytest.mark.parametrize("role", [Role.UNDERWRITER, Role.APPROVER])
def test_the_guarantor_reads_score_chance_and_a_line_for_each_feature(app: Flask, play: Play, role: Role) -> None:
    play.apply()
    version = release(play)
    text = page(app, play, role, org_code="G1")
    assert TITLE in text and version in text and "不代替评级，也不决定是否承保" in text
    assert "每 100 笔这样的案件约有" in text and "成立时间" in text and "最高 +" in text
    english = page(app, play, role, "en", org_code="G1")
    assert TITLE_EN in english and "of 100 such cases fail" in english and "Amount asked to revenue" in english


@pytest.mark.parametrize(
    ("role", "home"),
    [
        (Role.FINANCE, {"uscc": code_of(1)}),
        (Role.ACCOUNT_MANAGER, {"org_code": "B1"}),
        (Role.LEAD, {"org_code": "B1"}),
        (Role.OPERATOR, {"org_code": "J1"}),
        (Role.ANALYST, {"org_code": "J1"}),
    ],
)
def test_nobody_else_sees_anything_of_it(app: Flask, play: Play, role: Role, home: dict[str, str]) -> None:
    play.apply()
    version = release(play)
    for lang in ("zh", "en"):
        text = page(app, play, role, lang, **home)
        assert not [word for word in ("评分卡", "corecard", version) if word in text]


def test_once_the_consent_has_ended_there_is_no_score(app: Flask, play: Play) -> None:
    play.apply()
    release(play)
    with play.database.writing(SYSTEM) as session:
        session.execute(update(Consent).values(withdrawn_at=NOW))
    assert "评分卡" not in page(app, play, Role.UNDERWRITER, org_code="G1")


def test_the_score_takes_no_step_and_closes_none(app: Flask, play: Play) -> None:
    """The buttons are the same with and without a card."""
    play.apply()
    before = page(app, play, Role.UNDERWRITER, org_code="G1").count("<button")
    release(play)
    assert page(app, play, Role.UNDERWRITER, org_code="G1").count("<button") == before
