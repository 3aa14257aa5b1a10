"""The sample city's public guarantee: two guarantors, one scheme in use, and enterprises rated by the released rules.

The scheme is a copy of the package's Weihai model under a code of its own, with dates that hold on the demo day and
with automatic cover. Two stories' firms are rated; the shipyard's supplier is not, so that it shows what a rating would
change. The enterprises of ``early_firms`` have been rated for half a year: their loans have a history.
"""

import csv
from datetime import date, datetime, timedelta
from pathlib import Path

from matchmaker.accounts.consent import Grant, grant_consent
from matchmaker.actor import Actor
from matchmaker.db import ScopedSession
from matchmaker.demo.organisations import BUREAU, CITY, COMPANY, FUND
from matchmaker.demo.rows import Row, Rows
from matchmaker.demo.stories import firm_code, firm_codes
from matchmaker.domain.terms import ConsentPurpose, Disclosure, FieldGroup
from matchmaker.guarantee.rating.rules import load_default_rules
from matchmaker.guarantee.rating.services import rate_enterprise
from matchmaker.lists.consents import consent_words, recipient
from matchmaker.settings import Settings

SCHEME = "WEIHAI-DEMO"
_MODEL = "WEIHAI-MODEL"
_DATA = Path(__file__).parent.parent / "data"
RATED_EVERY = 2
"""One borrower in so many holds a rating."""
RATED_DAYS, EARLY_DAYS = 60, 178
"""How long ago borrowers and early firms were rated; a rating of the package's rules holds for 180 days."""
_EARLY = 24
_TOLD = ("tackle", "carbon")


def guarantee_rows(on: date) -> Rows:
    """Rows of the registers of guarantee as of the demo day, in the order of import, keys being column codes."""
    facts = {"net_assets_on": on.isoformat(), "mainly_small": "是", "source": "演示数据"}
    return {
        "guarantors": [
            {"org_code": COMPANY, "kind": "COMPANY", "licence_no": "鲁1000001", "net_assets_wan": "60000", **facts},
            {"org_code": FUND, "kind": "FUND", "licence_no": "", "net_assets_wan": "50000", **facts},
        ],
        "schemes": [_scheme(one, on) for one in _of_model("schemes.csv")],
        "scheme-grades": [one | {"scheme_code": SCHEME} for one in _of_model("scheme_grades.csv")],
    }


def _of_model(name: str) -> list[Row]:
    with (_DATA / name).open(encoding="utf-8", newline="") as lines:
        return [one for one in csv.DictReader(lines) if one["scheme_code"] == _MODEL]


def _scheme(model: Row, on: date) -> Row:
    return model | {
        "scheme_code": SCHEME,
        "name": "威海市企业信用保证基金（信财银保）演示方案",
        "org_code": FUND,
        "active": "是",
        "valid_from": (on - timedelta(days=200)).isoformat(),
        "valid_to": (on + timedelta(days=500)).isoformat(),
        "areas": CITY,
        "automatic_max_wan": "200",
        "automatic_grades": "A;B",
    }


def rating_days(rows: Rows, on: date) -> dict[str, date]:
    """uscc → the day on which it is rated: every second borrower, two firms of the stories, and the early firms."""
    told = firm_codes()
    borrowers = [uscc for uscc in dict.fromkeys(need["uscc"] for need in rows["needs"]) if uscc not in told]
    later = [*(firm_code(key) for key in _TOLD), *borrowers[::RATED_EVERY]]
    days = dict.fromkeys(later, on - timedelta(days=RATED_DAYS))
    return dict.fromkeys(early_firms(rows), on - timedelta(days=EARLY_DAYS)) | days


def early_firms(rows: Rows) -> list[str]:
    """Enterprises of the city that look for nothing now."""
    asking = {need["uscc"] for need in rows["needs"]}
    mine = [one["uscc"] for one in rows["enterprises"] if one["area_code"].startswith(CITY[:4])]
    return [uscc for uscc in mine if uscc not in asking][:_EARLY]


def rate_sample(
    session: ScopedSession, rows: Rows, *, actor: Actor, on: date, now: datetime, settings: Settings
) -> None:
    """Rate each as of its day; every second one with records that need a consent has given it to the bureau."""
    load_default_rules(session, actor=actor, now=now)
    asked = {one["uscc"] for one in rows["credit-records"] if one["disclosure"] == Disclosure.AUTHORISED}
    days = rating_days(rows, on)
    for uscc in [uscc for uscc in days if uscc in asked][::2]:
        _let_check(session, uscc, actor=actor, now=_moment(days[uscc], on, now), settings=settings)
    for uscc, day in days.items():
        rate_enterprise(
            session, actor=actor, uscc=uscc, as_of=day, now=_moment(day, on, now), settings=settings, cause="demo"
        )


def _moment(day: date, on: date, now: datetime) -> datetime:
    """The same time of an earlier day."""
    return now - (on - day)


def _let_check(session: ScopedSession, uscc: str, *, actor: Actor, now: datetime, settings: Settings) -> None:
    """The enterprise lets the bureau look at its credit records for a year (《征信业管理条例》 article 18)."""
    groups, until = frozenset({FieldGroup.IDENTITY, FieldGroup.CREDIT}), now + timedelta(days=365)
    name = recipient(session, BUREAU).name
    words = consent_words(name, groups, ConsentPurpose.CREDIT_CHECK, None, until, "zh", settings)
    grant = Grant(
        uscc=uscc, org_code=BUREAU, groups=groups, purpose=ConsentPurpose.CREDIT_CHECK, need_no=None, until=until,
        evidence=words,
    )  # fmt: skip
    grant_consent(session, actor=actor, grant=grant, now=now)
