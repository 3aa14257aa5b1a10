"""Every page of the bureau's operator answers, in both languages, says nothing to strangers and writes nothing."""

import hashlib
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from matchmaker import create_app
from matchmaker.accounts.matrix import BY_KEY, Action
from matchmaker.actor import SYSTEM
from matchmaker.app import Matchmaker
from matchmaker.demo.stories import firm_code
from matchmaker.domain.terms import EntryStatus, Role, Side
from matchmaker.lists.models import Enterprise
from matchmaker.settings import Settings
from matchmaker.web.guard import action_of
from matchmaker.web.safety import HEADERS
from tests.support.accounts import parts_of, sign_in_as
from tests.support.demo import message_page

PAIR = "/matches/XQ-20261111-0001/B01P0001"
PAGES = [
    "/",
    "/lists/policies",
    "/lists/products?status=published&page=2",
    "/lists/needs",
    "/lists/enterprises",
    "/lists/organisations",
    "/lists/credit-records",
    "/lists/products/B01P0001",
    "/lists/needs/XQ-20261111-0001",
    "/matches",
    "/matches/XQ-20261111-0001",
    "/matches/XQ-20261111-0001?verdict=near",
    PAIR,
    f"{PAIR}/what-if?on=2026-12-23",
    "/matches?fits=none&sort=-eligible",
    "/analysis",
    "/analysis?measure=amount&week=2026-W46",
    "/analysis/needs?chain=TACKLE&type=IP_PLEDGE_LOAN",
    "/analysis/products",
    "/outbox",
    "/outbox?kind=bank_digest",
    "/outbox?state=failed",
    "/inbox",
    "/inbox?unread=yes&kind=bureau_digest&q=x",
    "/referrals",
    "/referrals?state=ended",
    "/runs/pushes",
    "/runs/matchings",
    "/responses",
    "/responses?state=overdue",
    "/review",
    "/review?kind=products",
    "/definitions",
    "/help",
    "/policies/new",
    "/behalf/new",
    "/registers/chains",
    "/registers/chains/new",
    "/registers/areas",
    "/registers/industries?level=division",
    "/registers/lpr",
    "/registers/lpr/new",
    "/registers/workdays",
    "/registers/size-classes",
    "/registers/guarantors",
    "/registers/guarantee-limits",
    "/registers/credit-sources",
    "/registers/credit-sources/new",
    "/credit/sources",
    "/registers/schemes",
    "/registers/schemes/new",
    "/registers/scheme-grades",
    "/lists/needs/official",
    "/lists/products/official",
    "/people",
    "/people?role=LEAD&sort=-login&columns=name&columns=email",
    "/registrations",
    "/registrations?state=pending&q=x",
    "/imports",
    "/imports/new",
    "/products?care=stale",
    "/products/new",
    "/components",
    "/requests/answers",
    "/requests/answers?state=open",
    "/webhooks",
    "/guarantees",
    "/guarantees?tab=queue&sort=-amount&columns=no&columns=term",
    "/guarantees?tab=claims&grade=A&due.to=2026-11-01",
    "/exposure",
    "/exposure/stress",
    "/alerts",
    "/consents",
    "/consents?state=active",
    "/consents/looks",
    "/consents/looks?at.from=2026-11-01",
    "/endorsements",
    "/endorsements?state=valid&q=x",
    "/ratings",
    "/ratings?grade=B&state=expired&q=x&sort=until",
    "/ratings/appeals",
    "/ratings/appeals?state=open&late=soon",
    "/ratings/rules",
    "/ratings/rules/new",
    "/verify",
    "/account/tokens",
    "/components",
    "/account",
    "/account/notices",
    "/account/confirm",
    "/account/password",
    "/account/second-factor",
    "/sign-in",
    "/register",
    "/components",
    "/healthz",
    "/readyz",
]
LEAD_ELSEWHERE = {"/sign-in/code", "/sign-in/oidc", "/sign-in/oidc/callback", "/account/oidc", "/waiting"}
"""Pages that send someone signed in without more ado on to another page; tests/web/accounts looks at them."""


WORKBOOKS = {
    "/matches/export.xlsx", "/analysis/needs.xlsx", "/analysis/products.xlsx", "/analysis/export.xlsx",
    "/inbox/export.xlsx", "/outbox/export.xlsx", "/responses/export.xlsx", "/people/export.xlsx",
    "/registrations/export.xlsx",
    "/account/tokens/export.xlsx", "/webhooks/export.xlsx", "/requests/answers/export.xlsx", "/consents/export.xlsx",
    "/guarantees/export.xlsx",
    "/consents/looks/export.xlsx", "/endorsements/export.xlsx", "/ratings/export.xlsx",
    "/ratings/appeals/export.xlsx",
    "/.well-known/matchmaker/jwks.json", "/.well-known/matchmaker/revoked.jwt",
}  # fmt: skip
"""Files, not pages; tests/web/test_analysis.py, test_bureau.py, test_endorsement_pages.py, test_rating_pages.py and
accounts/test_tables.py open them."""


@pytest.fixture
def client(demo: Flask) -> FlaskClient:
    return sign_in_as(demo, Role.OPERATOR, org_code="J01")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_in_both_languages(client: FlaskClient, path: str, lang: str) -> None:
    joined = "&" if "?" in path else "?"
    answer = client.get(f"{path}{joined}lang={lang}")
    assert answer.status_code == 200
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    if answer.mimetype == "text/html":
        assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}"' in answer.text
        assert "{{" not in answer.text and "Undefined" not in answer.text


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_message_is_opened_by_the_id_that_its_copies_carry(demo: Flask, client: FlaskClient, lang: str) -> None:
    """No number of the database stands in an address."""
    listed = re.findall(r'href="/outbox/([^".?]+)"', client.get("/outbox").text)
    assert listed and all(re.fullmatch("[0-9a-f]{40}", one) for one in listed)
    path = message_page(demo)
    answer = client.get(f"{path}?lang={lang}")
    assert answer.status_code == 200 and path.rpartition("/")[2] in answer.text


def plain_pages(app: Flask) -> dict[str, Action]:
    """Path → row of the matrix of every page that takes no argument."""
    found = {}
    for rule in app.url_map.iter_rules():
        key = action_of(app, rule.endpoint, "GET") if "GET" in (rule.methods or ()) else None
        if key is not None and not rule.arguments and not rule.rule.startswith("/api/"):
            found[rule.rule] = BY_KEY[key]
    return found


def test_every_page_the_operator_may_open_is_in_the_list_above(demo: Flask) -> None:
    tried = {path.partition("?")[0] for path in PAGES} | LEAD_ELSEWHERE | WORKBOOKS
    pages = {path for path, row in plain_pages(demo).items() if row.public or Role.OPERATOR in row.roles}
    assert pages - tried == set()


def test_strangers_get_the_public_pages_only(demo: Flask) -> None:
    """ASVS 6.3.4: no side door."""
    for path, row in plain_pages(demo).items():
        answer = demo.test_client().get(path)
        if row.public:
            assert answer.status_code < 500, path
        else:
            assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/sign-in"), path


def test_reading_every_page_twice_changes_nothing(demo: Flask, client: FlaskClient) -> None:
    before = _digest(demo)
    for path in PAGES * 2:
        client.get(path)
    assert _digest(demo) == before


def _digest(app: Flask) -> str:
    parts: Matchmaker = app.extensions["matchmaker"]
    said = hashlib.sha256()
    with parts.database.reading(SYSTEM) as session:
        for table in sorted(parts_tables()):
            for row in session.execute(text(f'SELECT * FROM "{table}"')):
                said.update(repr(tuple(row)).encode())
    return said.hexdigest()


def parts_tables() -> set[str]:
    """All tables but the note of who looked at what, which a look is meant to leave."""
    from matchmaker.db import Base

    return set(Base.metadata.tables) - {"disclosure"}


def test_an_enterprise_reads_that_the_bureau_looked(demo: Flask) -> None:
    uscc = firm_code("tackle")
    with parts_of(demo).database.reading(SYSTEM) as session:
        public_id = session.scalars(select(Enterprise.public_id).where(Enterprise.uscc == uscc)).one()
    sign_in_as(demo, Role.OPERATOR, org_code="J01").get(f"/lists/enterprises/{public_id}")
    seen = sign_in_as(demo, Role.FINANCE, uscc=uscc).get("/consents").text
    assert "工信局" in seen or "工业和信息化局" in seen
    assert "主管部门履行职责" in seen


def test_the_enterprise_reads_the_same_of_its_record_as_the_operator(demo: Flask) -> None:
    sentences = [
        re.search(r"信用来源：[^<]*", client.get(f"{PAIR}?lang=zh").text)
        for client in (
            sign_in_as(demo, Role.OPERATOR, org_code="J01"),
            sign_in_as(demo, Role.FINANCE, uscc=firm_code("tackle")),
        )
    ]
    assert sentences[0] and sentences[1] and sentences[0][0] == sentences[1][0] and "信用中国" in sentences[0][0]


def test_what_a_bank_keeps_to_itself_is_not_on_the_page_others_read(demo: Flask) -> None:
    path = "/lists/products/B01P0001"
    own = sign_in_as(demo, Role.PRODUCT_MANAGER, org_code="B01").get(path).text
    others = sign_in_as(demo, Role.FINANCE, uscc=firm_code("tackle")).get(path).text
    assert "每月线索额度" in own and "每月线索额度" not in others
    assert sign_in_as(demo, Role.PRODUCT_MANAGER, org_code="B02").get(path).status_code == 404


def test_the_totals_of_the_city_are_the_bureaus(demo: Flask) -> None:
    for role, home in ((Role.FINANCE, {"uscc": firm_code("tackle")}), (Role.ACCOUNT_MANAGER, {"org_code": "B01"})):
        assert "最近一次匹配" not in sign_in_as(demo, role, **home).get("/").text
    assert "最近一次匹配" in sign_in_as(demo, Role.OPERATOR, org_code="J01").get("/").text


def test_a_role_opens_the_pages_of_its_row_of_the_matrix_and_no_other(demo: Flask) -> None:
    for role in Role:
        client = sign_in_as(demo, role, **HOMES.get(role.side, {}))
        for path, row in plain_pages(demo).items():
            if path not in LEAD_ELSEWHERE and not row.public:
                status = client.get(path).status_code
                assert (status == 403) is (role not in row.roles) and status < 500, (role, path)


HOMES: dict[Side, dict[str, str]] = {
    Side.BUREAU: {"org_code": "J01"},
    Side.BANK: {"org_code": "B01"},
    Side.GUARANTOR: {"org_code": "D01"},
    Side.ENTERPRISE: {"uscc": firm_code("tackle")},
}


@pytest.mark.parametrize(
    ("peer", "host", "status"),
    [
        ("127.0.0.1", "127.0.0.1:5000", 200),
        ("127.0.0.1", "localhost", 200),
        ("::1", "[::1]:5000", 200),
        ("203.0.113.9", "127.0.0.1:5000", 403),
        ("127.0.0.1", "evil.example", 403),
        ("127.0.0.1", "127.0.0.1.evil.example:80", 403),
    ],
)
def test_demo_pages_answer_this_machine_only(
    demo: Flask, client: FlaskClient, peer: str, host: str, status: int
) -> None:
    cookie = client.get_cookie("session")
    assert cookie is not None
    answer = demo.test_client(use_cookies=False).get(
        "/lists/enterprises",
        environ_base={"REMOTE_ADDR": peer, "HTTP_COOKIE": f"session={cookie.value}"},
        headers={"Host": host},
    )
    assert answer.status_code == status
    assert ("有限公司" in answer.text) is (status == 200)


def test_readiness_says_when_the_database_is_absent(tmp_path: Path) -> None:
    answer = create_app(Settings(instance=tmp_path)).test_client().get("/readyz")
    assert (answer.status_code, answer.json["status"]) == (503, "unavailable")
    assert answer.json["checks"]["database"] == "error"
    assert str(tmp_path) not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/lists/contacts",
        "/lists/products/NO-SUCH",
        "/matches/NO-SUCH",
        "/matches/XQ-20261111-0001/NO-SUCH",
        "/outbox/1",
        "/outbox/%00",
    ],
)
def test_what_does_not_exist_is_said_in_one_sentence(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert re.search(r"<h1>[^<]+</h1>", answer.text)
    assert "Traceback" not in answer.text


def test_nothing_on_a_page_comes_from_another_host(client: FlaskClient) -> None:
    for path in PAGES:
        for address in re.findall(r'(?:src|href)="(https?://[^"]+)"', client.get(path).text):
            assert "/lists/policies/" in path or address.startswith("http://127.0.0.1"), address


def test_the_switch_keeps_page_and_query(client: FlaskClient) -> None:
    shown = client.get("/lists/products?status=published&page=2").text
    assert 'href="/lists/products?status=published&amp;page=2&amp;lang=en"' in shown
    client.get("/?lang=en")
    assert '<html lang="en">' in client.get("/matches").text


def test_the_pair_page_shows_all_criteria_and_what_mends_it(client: FlaskClient) -> None:
    shown = client.get(PAIR).text
    assert shown.count('class="tag pass"') + shown.count('class="tag fail"') >= 16
    assert shown.index("不满足") < shown.index("产业链")
    assert "2026-12-23" in shown
    assert "契合不等于获批" in shown


def test_an_ended_policy_and_one_of_another_city_are_shown_as_such(client: FlaskClient) -> None:
    shown = client.get("/lists/policies").text
    assert "WH-2022-3" in shown and "已过有效期" in shown
    assert "潍坊" in client.get("/lists/policies/WF-RZDB").text


def test_counts_on_the_first_page_are_the_rows_behind_them(client: FlaskClient) -> None:
    first = client.get("/").text
    for kind, count in re.findall(
        r'href="/lists/([a-z-]+)\?status=published">[^<]+</a><span class="figure">(\d+)', first
    ):
        behind = client.get(f"/lists/{kind}?status=published").text
        assert f"共 {count} 条" in behind


def test_text_from_the_lists_is_never_markup(tmp_path: Path) -> None:
    from tests.support.demo import demo_app

    app = demo_app(tmp_path)
    parts: Matchmaker = app.extensions["matchmaker"]
    with parts.database.writing(SYSTEM) as session:
        session.execute(text("UPDATE product SET name = '<img onerror=x src=y>', description = '{{7*7}}'"))
        session.execute(text("UPDATE enterprise SET name = '<script>x</script>'"))
        session.execute(text("UPDATE person SET name = '<script>x</script>'"))
    client = sign_in_as(app, Role.OPERATOR, org_code="J01")
    for path in PAGES:
        shown = client.get(path).text.replace('<img class="qr" src="data:image/svg+xml', "")
        shown = shown.replace('<script src="/static/page.js" defer></script>', "")
        assert "<img" not in shown and "<script" not in shown
    assert "{{7*7}}" in client.get("/lists/products/B01P0001").text


def test_every_open_need_is_listed_also_one_that_nothing_fits(demo: Flask, client: FlaskClient) -> None:
    from matchmaker.lists.models import Need

    parts: Matchmaker = demo.extensions["matchmaker"]
    with parts.database.reading(SYSTEM) as session:
        numbers = session.scalars(select(Need.need_no).where(Need.status == EntryStatus.PUBLISHED)).all()
    shown = "".join(client.get(f"/matches?page={n}").text for n in range(1, -(-len(numbers) // 50) + 1))
    assert all(f">{number}</a>" in shown for number in numbers)


@pytest.mark.parametrize("number", ["99", "0", "-1", "x"])
def test_a_page_beyond_the_last_shows_a_page(client: FlaskClient, number: str) -> None:
    assert "XQ-" in client.get(f"/matches?page={number}").text


def test_cost_after_subsidy_names_its_policy(client: FlaskClient) -> None:
    shown = client.get(PAIR).text
    assert "贴息后合计" in shown
    assert "（演示）小微企业流动资金贷款贴息" in shown
    assert "policy_no" not in shown


def test_pages_speak_of_todays_run_not_of_one_for_a_day_to_come(client: FlaskClient) -> None:
    for path in ("/", "/matches", PAIR):
        shown = client.get(path).text
        assert '<time datetime="2026-11-23">' in shown
        assert '<time datetime="2026-11-30">' not in shown
