"""Pages of ratings: an enterprise's own, the bureau's, appeals, overrides by two persons, rules by two persons."""

import html
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from matchmaker import create_app
from matchmaker.accounts.models import Disclosure
from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain.terms import ConsentPurpose, Role
from matchmaker.guarantee.rating.models import Rating, RatingAppeal, RatingOverride, RatingRules
from matchmaker.guarantee.rating.rules import load_default_rules
from matchmaker.guarantee.rating.services import rate_due
from matchmaker.lists.models import Enterprise
from tests.support.accounts import parts_of, sign_in_as
from tests.support.city import code_of
from tests.support.consenting import NOW, fill
from tests.support.endorsing import rate

FIRM, OTHER = code_of(1), code_of(2)
NAME = "威海隐名1号机械有限公司"
REASON = "核查后确认处罚对象是同名企业"


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
    """The small city; the first enterprise has records of every disclosure. Nobody is rated yet."""
    database = Database(migrated_sqlite_url)
    settings = fill(database, tmp_path)
    with database.writing(SYSTEM) as session:
        load_default_rules(session, actor=SYSTEM, now=NOW)
    database.dispose()
    made = create_app(settings, now=clock)
    yield made
    parts_of(made).database.dispose()


@pytest.fixture
def rated(app: Flask) -> str:
    """All are rated; the number of the first enterprise's rating."""
    parts = parts_of(app)
    with parts.database.writing(SYSTEM) as session:
        rate_due(session, actor=SYSTEM, on=NOW.date(), now=NOW, settings=parts.settings)
    return number_of(app)


@pytest.fixture
def firm(app: Flask) -> FlaskClient:
    return sign_in_as(app, Role.FINANCE, uscc=FIRM)


@pytest.fixture
def bureau(app: Flask) -> FlaskClient:
    return sign_in_as(app, Role.OPERATOR, org_code="J1")


@pytest.fixture
def second(app: Flask) -> FlaskClient:
    return sign_in_as(app, Role.OPERATOR, org_code="J1")


@pytest.fixture
def analyst(app: Flask) -> FlaskClient:
    return sign_in_as(app, Role.ANALYST, org_code="J1")


def number_of(app: Flask, uscc: str = FIRM) -> str:
    with parts_of(app).database.reading(SYSTEM) as session:
        newest = select(Rating.rating_no).where(Rating.uscc == uscc).order_by(Rating.id.desc())
        return str(session.scalars(newest).first())


def count(app: Flask, model: Any) -> int:
    with parts_of(app).database.reading(SYSTEM) as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def only(app: Flask, model: Any) -> Any:
    with parts_of(app).database.reading(SYSTEM) as session:
        return session.scalars(select(model).order_by(model.id.desc())).first()


def text_of(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.status_code)
    return html.unescape(answer.text)


def form_of(text: str, to: str) -> dict[str, Any]:
    """The fields of the form that is sent ``to`` an address, as the page has them."""
    found = re.search(rf'<form[^>]*action="{re.escape(to)}".*?</form>', text, re.DOTALL)
    assert found, to
    form: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", found[0]):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and (' type="checkbox"' not in tag or " checked" in tag):
            form[name[1]] = html.unescape(value[1]) if value else ""
    for name, body in re.findall(r'<select[^>]*name="([^"]*)".*?>(.*?)</select>', found[0], re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', body)
        form[name] = chosen[1] if chosen else ""
    for name, body in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', found[0], re.DOTALL):
        form[name] = html.unescape(body)
    return form


def send(client: FlaskClient, page: str, to: str, **typed: Any) -> Any:
    """Open the page, fill its form and send it."""
    form = form_of(client.get(page).text, to)
    return client.post(to, data={**form, **{name.replace("__", "."): value for name, value in typed.items()}})


# The enterprise


def test_who_is_not_rated_reads_what_is_missing_and_has_one_button(app: Flask, firm: FlaskClient) -> None:
    with_employees(app, None)
    text = text_of(firm, "/ratings/mine")
    assert "还没有评级" in text and "还缺：从业人数" in text and "/consents/new" not in text
    assert buttons(text) == 1 and "填写企业信息" in text
    with_employees(app, 50)
    text = text_of(firm, "/ratings/mine")
    assert buttons(text) == 1 and "授权查询信用信息" in text
    authorise(firm, text)
    text = text_of(firm, "/ratings/mine")
    assert "都齐了" in text and buttons(text) == 1
    assert "rated tonight" in text_of(firm, "/ratings/mine?lang=en")


def buttons(text: str) -> int:
    return len(re.findall('<a class="button"', text))


def with_employees(app: Flask, employees: int | None) -> None:
    with parts_of(app).database.writing(SYSTEM) as session:
        entry = session.scalars(select(Enterprise).where(Enterprise.uscc == FIRM)).one()
        entry.employees = employees


def authorise(firm: FlaskClient, text: str) -> Any:
    found = re.search(r'href="(/consents/new[^"]*)"', text)
    assert found
    words = html.unescape(firm.get(html.unescape(found[1])).text)
    assert "信用" in words and ConsentPurpose.CREDIT_CHECK.label.zh in words
    form = form_of(words, "/consents")
    groups = re.findall(r'<input type="hidden" name="groups" value="([^"]*)"', words)
    answer = firm.post("/consents", data={**form, "groups": groups})
    assert (answer.status_code, answer.location) == (302, "/ratings/mine"), answer.text
    return answer


def test_an_enterprise_reads_grade_validity_every_rule_and_what_raises_it(firm: FlaskClient, rated: str) -> None:
    text = text_of(firm, "/ratings/mine")
    for dimension in ("政务", "司法", "金融", "企业"):
        assert f"<h3>{dimension}</h3>" in text
    for said in (
        rated,
        "诚信",
        "有效至",
        "怎样提高",
        "可升到" if "可升到" in text else "都达到以后",
        "2026.11.1",
        "按哪天的信息",
        "申请信用背书",
        "我的信用信息",
        "没有其他评级",
    ):
        assert said in text, said
    assert 'class="tag fail"' in text and 'class="tag unknown"' in text and "不是不满足" in text
    assert "信用中国" in text and "C1" in text and "政府内部信息" in text and "C3" not in text
    english = text_of(firm, "/ratings/mine?lang=en")
    assert "What would raise it" in english and "internal to the government" in english


def test_unknown_has_never_the_colour_or_the_word_of_a_fail(firm: FlaskClient, rated: str) -> None:
    rows = re.findall(r'<tr>\s*<th scope="row">.*?</tr>', firm.get("/ratings/mine").text, re.DOTALL)
    unknown = [row for row in rows if 'class="tag unknown"' in row]
    assert unknown and not any('class="tag fail"' in row or "tag failed" in row for row in unknown)


def test_a_consent_to_the_bureau_is_shown_with_its_end(firm: FlaskClient, rated: str) -> None:
    authorise(firm, text_of(firm, "/ratings/mine"))
    text = text_of(firm, "/ratings/mine")
    assert "已授权「" in text and "查看或撤回授权" in text and "已授权。今晚评级时核查" in text


def test_an_expired_rating_says_so_and_that_nothing_is_to_be_done(app: Flask, rated: str, clock: Clock) -> None:
    clock.at = NOW + timedelta(days=400)
    text = text_of(sign_in_as(app, Role.FINANCE, uscc=FIRM), "/ratings/mine")
    assert "已到期" in text and "今晚自动重新评定" in text and "申请信用背书" not in text


def test_a_rating_whose_making_is_no_longer_kept_shows_its_grade(
    app: Flask, firm: FlaskClient, bureau: FlaskClient
) -> None:
    parts = parts_of(app)
    rate(parts.database, parts.settings, "B")
    text = text_of(firm, "/ratings/mine")
    assert "B 级" in text and "不再保存" in text
    assert NAME in text_of(bureau, "/ratings")


def test_an_enterprise_opens_its_own_ratings_only(app: Flask, firm: FlaskClient, rated: str) -> None:
    assert "已不是现行评级" not in text_of(firm, f"/ratings/{rated}")
    text_of(firm, f"/ratings/{number_of(app, OTHER)}", 404)
    text_of(firm, "/ratings/PJ-20261124-%00", 404)
    assert firm.get("/ratings").location == "/ratings/mine"
    for path in ("/ratings/appeals", "/ratings/rules/new"):
        text_of(firm, path, 403)


@pytest.mark.parametrize("role", [Role.ACCOUNT_MANAGER, Role.UNDERWRITER, Role.AUDITOR])
def test_nobody_else_has_these_pages(app: Flask, rated: str, role: Role) -> None:
    org = {Role.ACCOUNT_MANAGER: "B1", Role.UNDERWRITER: "G1"}.get(role, "J1")
    client = sign_in_as(app, role, org_code=org)
    for path in ("/ratings", "/ratings/mine", f"/ratings/{rated}", "/ratings/rules"):
        text_of(client, path, 403)


# Appeals


def test_an_appeal_is_due_in_workdays_answered_and_rates_anew(
    app: Flask, firm: FlaskClient, bureau: FlaskClient, rated: str
) -> None:
    short = send(firm, "/ratings/mine", "/ratings/mine/appeal", about="不对")
    assert short.status_code == 422 and "写 10 至" in short.text and "不对</textarea>" in short.text
    form = form_of(firm.get("/ratings/mine").text, "/ratings/mine/appeal") | {"about": "处罚对象是同名企业，见判决书"}
    for _ in range(2):
        assert firm.post("/ratings/mine/appeal", data=form).status_code == 303
    assert count(app, RatingAppeal) == 1
    text = text_of(firm, "/ratings/mine")
    assert "待答复" in text and "个工作日" in text and "提交申诉" not in text
    path = f"/ratings/appeals/{only(app, RatingAppeal).public_id}"
    assert NAME in text_of(bureau, "/ratings/appeals?state=open") and "申诉待答复" in text_of(
        bureau, "/ratings?state=appealed"
    )
    assert "处罚对象是同名企业" in text_of(bureau, path)
    assert send(bureau, path, path, answer="好", outcome="refused").status_code == 422
    stale = form_of(bureau.get(path).text, path) | {"answer": "已核对，处罚对象确为同名企业", "outcome": "adopted"}
    assert send(bureau, path, path, answer="已核对，处罚对象确为同名企业", outcome="adopted").status_code == 303
    late = bureau.post(path, data=stale)
    assert late.status_code == 409 and "已经答复" in late.text
    text = text_of(firm, "/ratings/mine")
    assert number_of(app) != rated and rated in text and "没有其他评级" not in text
    assert "已采纳" in text_of(bureau, path) and "已采纳" in text_of(firm, f"/ratings/{rated}")


def test_the_workbench_names_appeals_that_are_due(app: Flask, firm: FlaskClient, rated: str, clock: Clock) -> None:
    send(firm, "/ratings/mine", "/ratings/mine/appeal", about="这条处罚早已缴清罚款")
    for days, pressing in ((1, False), (8, True), (30, True)):
        clock.at = NOW + timedelta(days=days)
        office = sign_in_as(app, Role.OPERATOR, org_code="J1")
        assert ("1 件评级申诉" in office.get("/").text) is pressing
        assert ("/ratings/appeals/" in office.get("/ratings/appeals?late=soon").text.split("<tbody>")[-1]) is pressing


def test_an_appeal_that_is_not_adopted_leaves_the_rating(
    app: Flask, firm: FlaskClient, bureau: FlaskClient, rated: str
) -> None:
    send(firm, "/ratings/mine", "/ratings/mine/appeal", about="这条处罚早已缴清罚款")
    path = f"/ratings/appeals/{only(app, RatingAppeal).public_id}"
    send(bureau, path, path, answer="罚款缴清不等于修复，可申请信用修复", outcome="refused")
    assert "未采纳" in text_of(firm, "/ratings/mine") and number_of(app) == rated
    text_of(bureau, "/ratings/appeals/nothing", 404)


# The bureau


def test_the_table_is_filtered_and_exported(app: Flask, bureau: FlaskClient, rated: str, clock: Clock) -> None:
    text = text_of(bureau, "/ratings")
    assert NAME in text and f"/ratings/{rated}" in text and "共 6 条" in text
    grade = only(app, Rating).grade
    assert "共 0 条" in text_of(bureau, "/ratings?state=expired&q=x")
    assert NAME not in text_of(bureau, "/ratings?state=overridden") and NAME in text_of(bureau, f"/ratings?q={NAME}")
    assert "没有符合筛选条件" not in text_of(bureau, f"/ratings?grade={grade}")
    book = openpyxl.load_workbook(BytesIO(bureau.get("/ratings/export.xlsx").data)).active
    assert book is not None and book.max_row == 7
    assert bureau.get("/ratings/appeals/export.xlsx").status_code == 200
    clock.at = NOW + timedelta(days=400)
    later = sign_in_as(app, Role.OPERATOR, org_code="J1")
    assert "已到期" in text_of(later, "/ratings?state=expired")


def test_an_analyst_reads_and_changes_nothing(analyst: FlaskClient, rated: str) -> None:
    assert "调整评级" not in text_of(analyst, f"/ratings/{rated}") and "现在为一家企业评级" not in text_of(
        analyst, "/ratings"
    )
    token = re.search(r'name="csrf_token" value="([^"]*)"', analyst.get("/account").text)
    for path in ("/ratings", f"/ratings/{rated}/override", "/ratings/rules"):
        assert analyst.post(path, data={"csrf_token": token and token[1]}).status_code == 403


def test_an_enterprise_is_rated_now_by_its_code_or_from_its_page(app: Flask, bureau: FlaskClient) -> None:
    wrong = send(bureau, "/ratings", "/ratings", enterprise="nothing")
    assert wrong.status_code == 404 and "没有已发布的企业" in wrong.text and 'value="nothing"' in wrong.text
    made = send(bureau, "/ratings", "/ratings", enterprise=f" {FIRM.lower()} ")
    assert (made.status_code, made.location) == (303, f"/ratings/{number_of(app)}")
    form = form_of(bureau.get(made.location).text, "/ratings")
    assert bureau.post("/ratings", data=form).location == bureau.post("/ratings", data=form).location
    assert count(app, Rating) == 2
    assert "这份评级已不是现行评级" in text_of(bureau, made.location)


def test_another_grade_needs_a_reason_and_a_second_person(
    app: Flask, firm: FlaskClient, bureau: FlaskClient, second: FlaskClient, rated: str
) -> None:
    page, to = f"/ratings/{rated}", f"/ratings/{rated}/override"
    machine = only_of(app, rated).grade
    other = "A" if machine != "A" else "B"
    short = send(bureau, page, to, grade=other, reason="太短")
    assert short.status_code == 422 and "写 10 至" in short.text and "太短</textarea>" in short.text
    assert "还没有选择等级" in send(bureau, page, to, grade="", reason=REASON).text
    assert send(bureau, page, to, grade=other, reason=REASON).status_code == 303
    decide = f"/ratings/overrides/{only(app, RatingOverride).public_id}"
    own = text_of(bureau, page)
    assert "您提出的调整由另一位工作人员确认" in own and decide not in own
    form = form_of(second.get(page).text, decide) | {"answer": "confirm"}
    mine = bureau.post(decide, data=form | {"csrf_token": token_of(bureau, page)})
    assert mine.status_code == 403 and "不能自己确认" in mine.text
    assert "人工调整为" not in text_of(firm, "/ratings/mine") and "调整待确认" in text_of(
        bureau, "/ratings?state=asked"
    )
    assert second.post(decide, data=form).status_code == 303
    told = text_of(firm, "/ratings/mine")
    assert f"人工调整为 {other} 级，系统评级 {machine} 级" in told and REASON in told
    stale = second.post(decide, data=form | {"once": "another"})
    assert stale.status_code == 409 and "已经有了结果" in stale.text
    assert "人工调整" in text_of(bureau, "/ratings?state=overridden")


def test_two_persons_lift_a_grade_that_goes_on_beyond_its_rating(
    app: Flask, bureau: FlaskClient, second: FlaskClient, rated: str
) -> None:
    machine = only_of(app, rated).grade
    send(bureau, f"/ratings/{rated}", f"/ratings/{rated}/override", grade="D", reason=REASON)
    first = only(app, RatingOverride).public_id
    send(second, f"/ratings/{rated}", f"/ratings/overrides/{first}", answer="confirm")
    send(bureau, "/ratings", "/ratings", enterprise=FIRM)
    page = f"/ratings/{number_of(app)}"
    assert page != f"/ratings/{rated}" and "D 级" in text_of(bureau, page)
    assert "已有效" not in text_of(bureau, page) and "已生效" in text_of(bureau, page)
    assert send(bureau, page, f"{page}/override", grade=machine, reason=REASON).status_code == 303
    waiting = text_of(second, page)
    assert f"已提出改为 {machine} 级" in waiting and "确认后人工调整终止" in waiting and "已生效" in waiting
    with parts_of(app).database.reading(SYSTEM) as session:
        lifting = session.scalars(select(RatingOverride).where(RatingOverride.state == "asked")).one().public_id
    assert send(second, page, f"/ratings/overrides/{lifting}", answer="confirm").status_code == 303
    assert "人工调整为" not in text_of(bureau, page)


def test_the_enterprise_reads_that_the_bureau_opened_its_rating(
    app: Flask, firm: FlaskClient, bureau: FlaskClient, rated: str
) -> None:
    """As a look at an entry of the lists is noted; its own looks are not."""

    def looks() -> list[list[str]]:
        with parts_of(app).database.reading(SYSTEM) as session:
            mine = select(Disclosure).where(Disclosure.uscc == FIRM, Disclosure.basis == "duty")
            return [one.fields for one in session.scalars(mine) if "ratings.grade" in one.fields]

    text_of(firm, "/ratings/mine")
    text_of(firm, f"/ratings/{rated}")
    text_of(bureau, "/ratings")
    assert looks() == []
    text_of(bureau, f"/ratings/{rated}")
    (fields,) = looks()
    assert {"enterprises.revenue_wan", "enterprises.tax_grade", "credit-records.severity"} <= set(fields)
    assert "主管部门履行职责" in text_of(firm, "/consents/looks")


def only_of(app: Flask, rating_no: str) -> Rating:
    with parts_of(app).database.reading(SYSTEM) as session:
        return session.scalars(select(Rating).where(Rating.rating_no == rating_no)).one()


def token_of(client: FlaskClient, page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]*)"', client.get(page).text)
    assert found
    return found[1]


def test_a_second_person_may_leave_the_grade_of_the_rules(
    app: Flask, bureau: FlaskClient, second: FlaskClient, rated: str
) -> None:
    send(bureau, f"/ratings/{rated}", f"/ratings/{rated}/override", grade="D", reason=REASON)
    decide = f"/ratings/overrides/{only(app, RatingOverride).public_id}"
    assert send(second, f"/ratings/{rated}", decide, answer="refuse").status_code == 303
    assert "系统评级不变" in text_of(second, f"/ratings/{rated}")


# Rules


def draft(client: FlaskClient, **typed: Any) -> Any:
    return send(client, "/ratings/rules/new", "/ratings/rules", **{"note": "成立时间放宽，支持初创企业", **typed})


def test_a_draft_comes_from_the_rules_in_force_and_marks_what_is_new(app: Flask, bureau: FlaskClient) -> None:
    answer = draft(bureau, age__months="12", employees__fresh_days="", first_loan__on="")
    assert answer.status_code == 303, answer.text
    text = text_of(bureau, answer.location)
    assert "2026.11.2" in text and "草稿" in text and "<ins>12</ins> <del>24</del>" in text
    assert "<ins>不过期</ins> <del>550</del>" in text and "<ins>不使用</ins> <del>使用</del>" in text
    assert "您是起草人，不能自己发布" in text
    assert "marked" in text_of(bureau, f"{answer.location}?lang=en")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"age__months": "many"}, "成立月数"),
        ({"age__fail": "A", "age__unknown": "D"}, "上限顺序不对"),
        ({"note": "短"}, "理由写 10 至 2000 个字"),
        ({"version": "next"}, "年.月.序号"),
        ({"version": "2026.11.1"}, "已经发布过"),
        ({"validity_days": ""}, "有效期填 1 至"),
        ({"revenue__fresh_days": "-1"}, "信息有效天数"),
        ({"tax_grade__least": "Z"}, "最低等级"),
    ],
)
def test_a_draft_that_is_wrong_comes_back_with_what_was_typed(
    app: Flask, bureau: FlaskClient, typed: dict[str, str], said: str
) -> None:
    answer = draft(bureau, **typed, employees__least="77")
    assert answer.status_code in (409, 422) and said in html.unescape(answer.text)
    assert 'value="77"' in answer.text and count(app, RatingRules) == 1


def test_a_draft_that_somebody_saved_since_is_not_overwritten(
    app: Flask, bureau: FlaskClient, second: FlaskClient
) -> None:
    made = draft(bureau, age__months="12").location
    edit = f"/ratings/rules/new?from={made.rpartition('/')[2]}"
    seen = form_of(second.get(edit).text, "/ratings/rules")
    assert seen["version"] == "2026.11.2" and seen["age.months"] == "12"
    assert send(bureau, edit, "/ratings/rules", age__months="18").status_code == 303
    late = second.post("/ratings/rules", data=seen | {"age.months": "6"})
    assert late.status_code == 409 and "已被他人保存过" in late.text
    assert only(app, RatingRules).rules["rules"]["age"]["months"] == 18


def test_the_effect_of_a_draft_is_counted_for_everybody_and_nothing_kept(
    app: Flask, bureau: FlaskClient, rated: str
) -> None:
    made = draft(bureau, age__months="600", age__fail="D").location
    before = count(app, Rating)
    answer = send(bureau, made, f"{made}/effect")
    text = html.unescape(answer.text)
    assert answer.status_code == 200 and "6 家企业按现行规则 2026.11.1 和草稿各评一遍" in text
    for said in ("等级变化（家）", "按维度", "按产业链", "等级会变的企业", "降级"):
        assert said in text, said
    assert count(app, Rating) == before
    book = openpyxl.load_workbook(BytesIO(send(bureau, made, f"{made}/effect", **{"as": "book"}).data)).active
    assert book is not None and {row[4] for row in book.iter_rows(min_row=2, values_only=True)} == {"D"}
    same = draft(bureau, version="2026.11.9").location
    assert "没有企业的等级会变" in send(bureau, same, f"{same}/effect").text


def test_a_draft_is_released_by_another_person_and_the_old_one_stays_readable(
    app: Flask, bureau: FlaskClient, second: FlaskClient, firm: FlaskClient
) -> None:
    made = draft(bureau, age__months="12").location
    seen = form_of(second.get(made).text, f"{made}/release")
    mine = bureau.post(f"{made}/release", data=seen | {"csrf_token": token_of(bureau, made)})
    assert mine.status_code == 403 and "起草或修改过草稿的人不能自己发布" in mine.text
    text_of(firm, made, 404)
    send(bureau, f"/ratings/rules/new?from={made.rpartition('/')[2]}", "/ratings/rules", age__months="18")
    moved = second.post(f"{made}/release", data=seen)
    assert moved.status_code == 409 and "已不是您看到的草稿" in moved.text
    form = form_of(second.get(made).text, f"{made}/release")
    for _ in range(2):
        assert second.post(f"{made}/release", data=form).status_code == 303
    listed = text_of(firm, "/ratings/rules")
    assert "现行" in listed and "已停用" in listed and "2026.11.2" in listed
    assert "随系统提供的默认规则" in text_of(bureau, "/ratings/rules")
    assert "发布版本" not in text_of(second, made)
    text_of(bureau, "/ratings/rules/nothing", 404)


def test_a_half_filled_draft_is_read_in_the_other_language(bureau: FlaskClient) -> None:
    form = form_of(bureau.get("/ratings/rules/new").text, "/ratings/rules") | {"note": "half a reason"}
    answer = bureau.post("/ratings/rules", data=form | {"switch_to": "/ratings/rules/new?lang=en"})
    assert answer.status_code == 200 and "Why the rules change" in answer.text and "half a reason" in answer.text
