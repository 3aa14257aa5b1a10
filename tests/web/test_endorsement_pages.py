"""信用背书 on pages: agreed to, handed on, checked by anybody, revoked; what is hostile gets one sentence."""

import html
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdf
import pytest
import segno
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from matchmaker import create_app
from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain.terms import Role
from matchmaker.guarantee.endorsement.models import Certificate
from matchmaker.guarantee.endorsement.queries import find_certificate
from matchmaker.guarantee.endorsement.status_list import is_set
from matchmaker.guarantee.endorsement.tokens import REVOKED, read_signed
from matchmaker.reports.pdf import CODE, QrCode
from matchmaker.settings import Settings
from tests.support.accounts import parts_of, sign_in_as
from tests.support.city import code_of
from tests.support.consenting import NOW, fill
from tests.support.endorsing import rate

NAME = "威海隐名1号机械有限公司"
JWKS, LIST = "/.well-known/matchmaker/jwks.json", "/.well-known/matchmaker/revoked.jwt"


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(migrated_sqlite_url: str, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    database = Database(migrated_sqlite_url)
    settings = fill(database, tmp_path)
    rate(database, settings, "B")
    database.dispose()
    made = create_app(settings, now=clock)
    yield made
    parts_of(made).database.dispose()


@pytest.fixture
def firm(app: Flask) -> FlaskClient:
    return sign_in_as(app, Role.FINANCE, uscc=code_of(1))


@pytest.fixture
def bureau(app: Flask) -> FlaskClient:
    return sign_in_as(app, Role.OPERATOR, org_code="J1")


def settings_of(app: Flask) -> Settings:
    return parts_of(app).settings


def field(text: str, name: str) -> str:
    found = re.search(f'name="{name}" value="([^"]*)"', text)
    assert found, name
    return html.unescape(found[1])


def post(client: FlaskClient, form_at: str, to: str, **values: Any) -> Any:
    """Send a form with the token of the page it stands on."""
    return client.post(to, data={"csrf_token": field(client.get(form_at).text, "csrf_token"), **values})


def ask(firm: FlaskClient, **values: Any) -> Any:
    text = firm.get("/endorsements").text
    form = {name: field(text, name) for name in ("csrf_token", "once", "words")}
    return firm.post("/endorsements", data={**form, "agree": "yes", **values})


def issued(firm: FlaskClient) -> str:
    """The id of a certificate that the enterprise has just been issued."""
    answer = ask(firm)
    assert answer.status_code == 303, answer.text
    return str(answer.location.rpartition("/")[2])


def token_of(app: Flask, public_id: str) -> str:
    with parts_of(app).database.reading(SYSTEM) as session:
        return session.scalars(select(Certificate.token).where(Certificate.public_id == public_id)).one()


def test_an_enterprise_agrees_and_is_given_page_paper_and_token(app: Flask, firm: FlaskClient) -> None:
    before = firm.get("/endorsements").text
    assert NAME in before and "同意并出具证书" in before and "还没有证书" in before
    public_id = issued(firm)
    text = firm.get(f"/endorsements/{public_id}").text
    assert token_of(app, public_id) in text and "已出具" in text and "B 级" in text and "本证明只说明平台评级" in text
    listing = firm.get("/endorsements").text
    assert public_id in listing and "同意并出具证书" not in listing
    english = firm.get(f"/endorsements/{public_id}?lang=en").text
    assert "no promise of a loan" in english and "Rated on" in english


def test_the_paper_is_in_chinese_with_a_code_that_leads_to_the_check(app: Flask, firm: FlaskClient) -> None:
    public_id = issued(firm)
    paper = firm.get(f"/endorsements/{public_id}/certificate.pdf")
    assert (paper.status_code, paper.mimetype) == (200, "application/pdf")
    document = pypdf.PdfReader(BytesIO(paper.data))
    text = "".join(page.extract_text() for page in document.pages)
    address = f"{settings_of(app).public_url}/verify/{public_id}"
    for said in (
        "信用背书", NAME, code_of(1), "B 级", "评级日期", "有效期至", "规则版本", "出具单位", "扫码核验", public_id,
        "本证明只说明平台评级，不构成担保或贷款承诺。",
    ):  # fmt: skip
        assert said in text, said
    assert address in "".join(text.split())
    assert len(document.pages) == 1
    boxes = document.pages[0].mediabox
    assert (round(float(boxes.width)), round(float(boxes.height))) == (595, 842)
    matrix = segno.make_qr(address, error="m").matrix
    step = CODE / 25.4 * 72 / len(matrix)
    contents = document.pages[0].get_contents()
    assert contents is not None
    drawn = re.findall(rb"[\d.]+ [\d.]+ ([\d.]+) -?[\d.]+ re f", contents.get_data())
    assert sum(round(float(width) / step) for width in drawn) == sum(map(sum, matrix)), "every dark module is drawn"


def test_the_code_holds_the_address_and_nothing_else() -> None:
    address = "https://rongzi.weihai.gov.cn/verify/" + "x" * 20
    assert QrCode(address, "", ()).matrix == segno.make_qr(address, error="m").matrix


def test_without_the_tick_or_with_other_words_nothing_is_issued(app: Flask, firm: FlaskClient) -> None:
    refused = ask(firm, agree="")
    assert refused.status_code == 422 and "没有勾选同意" in refused.text
    other = ask(firm, words="0" * 64)
    assert other.status_code == 409 and "与刚才显示的不同" in other.text and "同意并出具证书" in other.text
    with parts_of(app).database.reading(SYSTEM) as session:
        assert session.scalars(select(Certificate)).all() == []


def test_a_form_sent_twice_leads_to_one_certificate(app: Flask, firm: FlaskClient) -> None:
    text = firm.get("/endorsements").text
    form = {name: field(text, name) for name in ("csrf_token", "once", "words")} | {"agree": "yes"}
    assert len({firm.post("/endorsements", data=form).location for _ in range(2)}) == 1


@pytest.mark.parametrize(("grade", "says"), [("D", "D 级"), (None, "没有有效的评级")])
def test_where_nothing_can_be_certified_the_page_says_why(app: Flask, grade: str | None, says: str) -> None:
    if grade:
        rate(parts_of(app).database, settings_of(app), grade, number=2)
    page = sign_in_as(app, Role.FINANCE, uscc=code_of(2)).get("/endorsements")
    assert page.status_code == 200 and says in page.text and "同意并出具证书" not in page.text


def test_the_enterprise_revokes_and_the_page_and_the_list_say_so(app: Flask, firm: FlaskClient) -> None:
    public_id = issued(firm)
    stranger = app.test_client()
    assert NAME in stranger.get(f"/verify/{public_id}").text
    done = post(firm, f"/endorsements/{public_id}", f"/endorsements/{public_id}/revoke")
    assert done.status_code == 303 and "已撤销" in firm.get(done.location).text
    page = stranger.get(f"/verify/{public_id}").text
    assert "已撤销" in page and NAME not in page and code_of(1) not in page
    claims = read_signed(stranger.get(LIST).text, stranger.get(JWKS).json or {}, REVOKED, longest=128_000)
    with parts_of(app).database.reading(SYSTEM) as session:
        place = find_certificate(session, public_id).status_index
    assert place is not None and is_set(claims["status_list"]["lst"], place)


def test_the_bureau_sees_all_and_revokes_with_a_reason_that_the_enterprise_reads(
    app: Flask, firm: FlaskClient, bureau: FlaskClient
) -> None:
    assert "还没有出具过信用背书" in bureau.get("/endorsements").text
    public_id = issued(firm)
    listing = bureau.get("/endorsements").text
    assert NAME in listing and public_id in listing
    assert NAME in bureau.get("/endorsements?state=valid&grade=B").text
    one = bureau.get(f"/endorsements/{public_id}").text
    assert "撤销理由" in one and token_of(app, public_id) not in one
    assert bureau.get(f"/endorsements/{public_id}/certificate.pdf").status_code == 403
    short = post(bureau, f"/endorsements/{public_id}", f"/endorsements/{public_id}/revoke", reason="太短")
    assert short.status_code == 422 and "不足 10 个字" in short.text
    reason = "登记的企业名称有误，更正后重新申请"
    done = post(bureau, f"/endorsements/{public_id}", f"/endorsements/{public_id}/revoke", reason=reason)
    assert done.status_code == 303
    assert reason in firm.get(f"/endorsements/{public_id}").text
    assert "主管部门撤销" in bureau.get("/endorsements").text
    assert bureau.get("/endorsements/export.xlsx").status_code == 200


@pytest.mark.parametrize("revoked", [True, False])
def test_a_certificate_that_has_ended_is_no_longer_printed(
    app: Flask, firm: FlaskClient, clock: Clock, revoked: bool
) -> None:
    public_id = issued(firm)
    if revoked:
        post(firm, f"/endorsements/{public_id}", f"/endorsements/{public_id}/revoke")
    else:
        clock.at = NOW + timedelta(days=100)
        firm = sign_in_as(app, Role.FINANCE, uscc=code_of(1))
    paper = firm.get(f"/endorsements/{public_id}/certificate.pdf")
    assert paper.status_code == 409 and ("已撤销" if revoked else "已过期") in paper.text


def test_another_enterprise_finds_nothing(app: Flask, firm: FlaskClient) -> None:
    public_id = issued(firm)
    other = sign_in_as(app, Role.FINANCE, uscc=code_of(2))
    for path in (f"/endorsements/{public_id}", f"/endorsements/{public_id}/certificate.pdf"):
        assert other.get(path).status_code == 404
    assert post(other, "/endorsements", f"/endorsements/{public_id}/revoke").status_code == 404


def test_a_token_is_checked_by_anybody(app: Flask, firm: FlaskClient, clock: Clock) -> None:
    token = token_of(app, issued(firm))
    stranger = app.test_client()
    stranger.environ_base["wsgi.url_scheme"] = "https"
    wrapped = "\n".join(token[n : n + 76] for n in range(0, len(token), 76))
    page = post(stranger, "/verify", "/verify", token=wrapped)
    assert page.status_code == 200 and "有效" in page.text and NAME in page.text and code_of(1) in page.text
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow" and page.headers["Cache-Control"] == "no-store"
    assert "not revoked" in post(stranger, "/verify", "/verify?lang=en", token=token).text
    clock.at = NOW + timedelta(days=400)
    late = post(stranger, "/verify?lang=zh", "/verify", token=token)
    assert "已过期" in late.text and NAME in late.text


@pytest.mark.parametrize(
    ("token", "says"),
    [
        ("", "还没有填写令牌"),
        ("   \n", "还没有填写令牌"),
        ("x", "不是本平台签发"),
        ("é.ü.ß", "不是本平台签发"),
        ("eyJhbGciOiJub25lIn0.e30.", "不是本平台签发"),
        ("<script>alert(1)</script>", "不是本平台签发"),
        ("." * 5000, "超过 4096 个字符"),
        ("a" * 400_000, "超过 4096 个字符"),
    ],
)
def test_a_hostile_or_huge_token_gets_one_sentence(app: Flask, token: str, says: str) -> None:
    stranger = app.test_client()
    stranger.environ_base["wsgi.url_scheme"] = "https"
    page = post(stranger, "/verify", "/verify", token=token)
    assert page.status_code == 422 and says in page.text and "<script>alert" not in page.text


def test_a_form_larger_than_any_token_is_not_even_read(app: Flask) -> None:
    stranger = app.test_client()
    stranger.environ_base["wsgi.url_scheme"] = "https"
    assert post(stranger, "/verify", "/verify", token="a" * 5_000_000).status_code == 413


@pytest.mark.parametrize("public_id", ["x" * 20, "'%3B--", "é", "%00", "a" * 3000])
def test_an_id_that_nothing_has_gets_one_sentence(app: Flask, public_id: str) -> None:
    page = app.test_client().get(f"/verify/{public_id}")
    assert page.status_code == 404 and "没有" in page.text


def test_keys_and_list_may_be_cached_and_show_no_secret(app: Flask, firm: FlaskClient, clock: Clock) -> None:
    stranger = app.test_client()
    assert stranger.get(JWKS).json == {"keys": []} and stranger.get(LIST).status_code == 404
    issued(firm)
    keys, listed = stranger.get(JWKS), stranger.get(LIST)
    assert (keys.mimetype, listed.mimetype) == ("application/jwk-set+json", "application/jwt")
    assert keys.headers["Cache-Control"] == "public, max-age=3600"
    assert listed.headers["Cache-Control"] == "public, max-age=300"
    assert keys.json and {"kty", "crv", "x", "kid", "alg", "use"} == set(keys.json["keys"][0])
    for path, answer in ((JWKS, keys), (LIST, listed)):
        assert stranger.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
        assert "Set-Cookie" not in answer.headers
    clock.at = NOW + timedelta(minutes=10)
    assert stranger.get(LIST, headers={"If-None-Match": listed.headers["ETag"]}).status_code == 200


def test_checks_are_counted_by_address(migrated_sqlite_url: str, tmp_path: Path) -> None:
    settings = Settings(instance=tmp_path, database_url=migrated_sqlite_url, secret_key="x" * 40, api_rate="3/minute")
    app = create_app(settings, now=lambda: NOW)
    codes = [app.test_client().get(path).status_code for path in ("/verify", JWKS, "/verify/x", LIST)]
    assert codes == [200, 200, 404, 429]
    assert app.test_client().get("/sign-in").status_code == 200, "other pages are not counted"
    parts_of(app).database.dispose()
