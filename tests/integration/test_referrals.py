"""What a bank and an enterprise answer to a need, who may know it, and what becomes of the lead."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from matchmaker.accounts.feed import Change
from matchmaker.accounts.models import AuditEvent, Consent
from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain.errors import ConflictError, NotAllowedError, NotFoundError, RejectedError
from matchmaker.domain.terms import EntryStatus
from matchmaker.lists.models import Need, Product
from matchmaker.push.answers import decline_product
from matchmaker.push.consent_notices import take_back_consent
from matchmaker.push.models import Lead, PushItem
from matchmaker.push.privacy.copying import copy_of
from matchmaker.push.services import run_push, send_due
from matchmaker.referrals.models import Referral
from matchmaker.referrals.opening import said_no
from matchmaker.referrals.queries import TABS, count_tabs, list_referrals
from matchmaker.settings import Settings
from tests.support.city import code_of, product, put
from tests.support.consenting import NOW, as_, consent, enterprise, fill, need_no, operator
from tests.support.referring import DUE, answer, lead, manager, referral, seen, stands

Made = tuple[Database, Settings]
SOON, LATE = NOW + timedelta(seconds=59), NOW + timedelta(seconds=60)


@pytest.fixture
def city(migrated_url: str, tmp_path: Path) -> Iterator[Made]:
    database = Database(migrated_url)
    yield database, fill(database, tmp_path)
    database.dispose()


def push_again(city: Made, days: int = 1, audience: str = "bank") -> None:
    database, settings = city
    run_push(database, settings, now=lambda: NOW + timedelta(days=days), audiences=(audience,))  # type: ignore[arg-type]


def withdraw(database: Database, settings: Settings, given: Consent) -> None:
    with as_(database, enterprise()) as session:
        take_back_consent(session, actor=enterprise(), public_id=given.public_id, settings=settings, now=NOW)


# Opening


def test_each_lead_has_a_referral_with_its_due_date(city: Made) -> None:
    database, _ = city
    with database.reading(SYSTEM) as session:
        pairs = {(one.need_no, one.org_code, one.product_code, one.due_on) for one in session.scalars(select(Lead))}
        found = session.scalars(select(Referral)).all()
    assert {(one.need_no, one.org_code, one.product_code, one.due_on) for one in found} == pairs and len(pairs) == 12
    assert {one.due_on for one in found} == {DUE}
    assert stands(database) == ("none", "none", "open", True)


def test_whoever_has_consented_before_has_answered(migrated_url: str, tmp_path: Path) -> None:
    database = Database(migrated_url)
    settings = fill(database, tmp_path, firms=6)
    consent(database, settings)
    with database.writing(SYSTEM) as session:
        session.delete(session.scalars(select(Referral).where(Referral.id == referral(database).id)).one())
        session.delete(session.scalars(select(Lead).where(Lead.id == lead(database).id)).one())
    push_again((database, settings))
    assert stands(database) == ("none", "consented", "open", True)
    database.dispose()


# Answers


@pytest.mark.parametrize("bank_first", [True, False])
def test_two_answers_in_either_order_end_the_same(city: Made, bank_first: bool) -> None:
    database, settings = city
    for bank_answers in (bank_first, not bank_first):
        if bank_answers:
            answer(database, settings, "take")
        else:
            consent(database, settings)
    assert stands(database) == ("taken", "consented", "open", True)
    assert stands(database, "B2") == ("none", "none", "open", True), "another bank's is another matter"


def test_a_refusal_needs_a_reason_and_frees_the_place(city: Made) -> None:
    database, settings = city
    for reason in (None, "", "security", "COST"):
        with pytest.raises(RejectedError, match="SECURITY"):
            answer(database, settings, "refuse", reason=reason)
    assert stands(database) == ("none", "none", "open", True)
    answer(database, settings, "refuse", note="担保不够，客户是老王介绍的")
    assert stands(database) == ("refused", "none", "refused", False)


def test_the_same_answer_by_the_same_person_is_once(city: Made) -> None:
    database, settings = city
    for _ in range(2):
        answer(database, settings, "take")
    for _ in range(2):
        answer(database, settings, "refuse", org_code="B2")
    for _ in range(2):
        answer(database, settings, "decline", number=2)
    with database.reading(SYSTEM) as session:
        actions = [one.action for one in session.scalars(select(AuditEvent)) if one.action.startswith("referral.")]
    assert sorted(actions) == ["referral.decline", "referral.refuse", "referral.take"]
    assert referral(database).version == 2


def test_who_comes_second_reads_who_was_first(city: Made) -> None:
    """B-6, one after the other; ``test_referral_races.py`` has them at the same moment."""
    database, settings = city
    answer(database, settings, "take", now=NOW.replace(hour=10, minute=32))
    for verb in ("take", "refuse"):
        with pytest.raises(ConflictError) as refused:
            answer(database, settings, verb, by=manager("李四", 42), now=NOW.replace(hour=11))
        assert refused.value.code == "already_answered"
        assert refused.value.say("zh") == "已由张* 于 10:32 接单。"
        assert refused.value.say("en") == "Taken by 张* at 10:32."
    with pytest.raises(ConflictError) as next_day:
        answer(database, settings, "take", by=manager("李四", 42), now=NOW + timedelta(days=1))
    assert next_day.value.say("zh") == "已由张* 于 11-24 10:32 接单。"


def test_nobody_takes_what_the_enterprise_has_ended_or_taken_off_the_market(city: Made) -> None:
    database, settings = city
    answer(database, settings, "decline")
    with pytest.raises(ConflictError) as ended:
        answer(database, settings, "take")
    assert ended.value.code == "illegal_transition" and "企业不感兴趣" in ended.value.say("zh")
    with database.writing(SYSTEM) as session:
        need = session.scalars(select(Need).where(Need.need_no == need_no(2))).one()
        need.status = EntryStatus.SUSPENDED
    with pytest.raises(ConflictError) as gone:
        answer(database, settings, "take", number=2)
    assert gone.value.code == "need_gone" and stands(database, number=2) == ("none", "none", "open", True)


def test_only_whose_matter_it_is_may_answer(city: Made) -> None:
    database, settings = city
    with pytest.raises(NotFoundError):
        answer(database, settings, "take", by=manager(org_code="B2"))
    with pytest.raises(NotFoundError):
        answer(database, settings, "decline", by=enterprise(2))
    with pytest.raises(NotAllowedError):
        answer(database, settings, "take", by=operator())
    with pytest.raises(NotAllowedError):
        answer(database, settings, "take", by=enterprise())
    assert stands(database) == ("none", "none", "open", True)


# Undo


@pytest.mark.parametrize(("verb", "undo"), [("take", "undo"), ("refuse", "undo"), ("decline", "undo_decline")])
def test_an_answer_is_undone_within_its_minute_and_stands_afterwards(city: Made, verb: str, undo: str) -> None:
    database, settings = city
    answer(database, settings, verb)
    answer(database, settings, undo, now=SOON)
    found = referral(database)
    assert stands(database) == ("none", "none", "open", True)
    assert (found.bank_by, found.bank_reason, found.bank_at, found.firm_reason, found.ended_at) == (None,) * 5
    answer(database, settings, verb, now=SOON)
    after = stands(database)
    with pytest.raises(ConflictError) as late:
        answer(database, settings, undo, now=SOON + timedelta(seconds=60))
    assert late.value.code == "undo_too_late" and "60" in late.value.say("zh")
    assert stands(database) == after


def test_a_colleague_may_undo_and_nobody_undoes_what_was_not_said(city: Made) -> None:
    database, settings = city
    with pytest.raises(ConflictError) as nothing:
        answer(database, settings, "undo")
    assert nothing.value.code == "illegal_transition"
    answer(database, settings, "take")
    with pytest.raises(NotFoundError):
        answer(database, settings, "undo", by=manager(org_code="B2"))
    answer(database, settings, "undo", by=manager("李四", 42), now=SOON)
    assert stands(database)[0] == "none"


def test_an_undo_of_one_side_leaves_what_the_other_has_said(city: Made) -> None:
    database, settings = city
    answer(database, settings, "refuse")
    answer(database, settings, "decline")
    answer(database, settings, "undo", now=SOON)
    assert stands(database) == ("none", "declined", "declined", False)
    answer(database, settings, "undo_decline", now=SOON)
    assert stands(database) == ("none", "none", "open", True)


# Consent is the enterprise's yes, and its withdrawal ends the whole


def test_a_consent_withdrawn_ends_the_referral_and_one_given_again_opens_it(city: Made) -> None:
    database, settings = city
    given = consent(database, settings)
    assert stands(database) == ("none", "consented", "open", True)
    withdraw(database, settings, given)
    assert stands(database) == ("none", "withdrawn", "withdrawn", False)
    push_again(city)
    assert stands(database)[3] is False, "not shown again of itself"
    consent(database, settings, now=NOW + timedelta(days=6))
    assert stands(database) == ("none", "consented", "open", True)
    assert referral(database).due_on == lead(database).due_on == DUE + timedelta(days=6)


def test_one_of_two_consents_withdrawn_ends_nothing(city: Made) -> None:
    database, settings = city
    narrow = consent(database, settings, about=need_no())
    consent(database, settings)
    withdraw(database, settings, narrow)
    assert stands(database) == ("none", "consented", "open", True)


def test_a_consent_to_all_needs_leaves_a_no_alone_and_one_to_the_need_takes_it_back(city: Made) -> None:
    database, settings = city
    answer(database, settings, "decline")
    consent(database, settings)
    assert stands(database) == ("none", "declined", "declined", False)
    consent(database, settings, about=need_no())
    assert stands(database) == ("none", "consented", "open", True)


# Never offered again


@pytest.mark.parametrize("verb", ["refuse", "decline"])
def test_a_pair_that_said_no_is_never_offered_again(city: Made, verb: str) -> None:
    database, settings = city
    answer(database, settings, verb)
    before = stands(database)
    for days in (1, 2, 9):
        push_again(city, days)
        assert stands(database) == before
    assert stands(database, number=2)[3], "others go on"


def test_the_place_goes_to_the_next_bank_once_the_answer_stands(migrated_url: str, tmp_path: Path) -> None:
    database = Database(migrated_url)
    settings = fill(database, tmp_path)
    with database.writing(SYSTEM) as session:
        put(session, "needs", {"need_no": need_no(), "banks_at_a_time": "1"})
    push_again((database, settings))
    held = next(org for org in ("B1", "B2") if lead(database, org).ended_at is None)
    other = {"B1": "B2", "B2": "B1"}[held]
    moment = NOW + timedelta(days=2)
    answer(database, settings, "refuse", org_code=held, now=moment - timedelta(seconds=30))
    run_push(database, settings, now=lambda: moment, audiences=("bank",))
    assert stands(database, other)[3] is False, "it may still be undone"
    push_again((database, settings), 3)
    assert stands(database, other) == ("none", "none", "open", True) and stands(database, held)[3] is False
    database.dispose()


def test_a_bank_that_has_taken_keeps_its_place_when_the_enterprise_wants_fewer(city: Made) -> None:
    database, settings = city
    later = max(("B1", "B2"), key=lambda org: lead(database, org).id)
    answer(database, settings, "take", org_code=later)
    with database.writing(SYSTEM) as session:
        put(session, "needs", {"need_no": need_no(), "banks_at_a_time": "1"})
    push_again(city)
    assert stands(database, later) == ("taken", "none", "open", True)
    assert stands(database, {"B1": "B2", "B2": "B1"}[later]) == ("none", "none", "closed", False)


def test_a_lead_that_ends_and_comes_again_takes_its_referral_along(city: Made) -> None:
    database, settings = city
    answer(database, settings, "take")
    with database.writing(SYSTEM) as session:
        put(session, "needs", {"need_no": need_no(), "amount_wan": "5000"})
    push_again(city)
    assert stands(database) == ("taken", "none", "closed", False)
    with database.writing(SYSTEM) as session:
        put(session, "needs", {"need_no": need_no(), "amount_wan": "300"})
    push_again(city, 2)
    assert stands(database) == ("taken", "none", "open", True)
    assert referral(database).due_on == lead(database).due_on
    with database.reading(SYSTEM) as session:
        subject = f"referral:{referral(database).public_id}"
        told = session.scalars(select(AuditEvent.action).where(AuditEvent.subject == subject)).all()
    assert told == ["referral.take", "referral.close", "referral.reopen"]


# What the system has ended stays ended


NO_AND_UNDO = pytest.mark.parametrize(("verb", "undo"), [("refuse", "undo"), ("decline", "undo_decline")])


@NO_AND_UNDO
def test_an_ended_referral_does_not_come_back_by_an_answer_and_its_undo(city: Made, verb: str, undo: str) -> None:
    database, settings = city
    with database.writing(SYSTEM) as session:
        put(session, "needs", {"need_no": need_no(), "amount_wan": "5000"})
    push_again(city)
    said = NOW + timedelta(days=1, seconds=1)
    answer(database, settings, verb, now=said)
    with database.reading(SYSTEM) as session:
        assert [one.id for one in said_no(session)] == [referral(database).id], "the no counts while it stands"
    answer(database, settings, undo, now=said + timedelta(seconds=30))
    assert stands(database) == ("none", "none", "closed", False)
    with pytest.raises(ConflictError):
        answer(database, settings, "take", now=said + timedelta(seconds=31))
    with database.writing(SYSTEM) as session:
        put(session, "needs", {"need_no": need_no(), "amount_wan": "300"})
    push_again(city, 2)
    assert stands(database) == ("none", "none", "open", True), "the system may open it again"


def test_an_ended_referral_does_not_come_back_by_a_consent_withdrawn_and_given_again(city: Made) -> None:
    database, settings = city
    with database.writing(SYSTEM) as session:
        put(session, "needs", {"need_no": need_no(), "amount_wan": "5000"})
    push_again(city)
    withdraw(database, settings, consent(database, settings))
    assert stands(database) == ("none", "withdrawn", "withdrawn", False)
    consent(database, settings)
    assert stands(database) == ("none", "consented", "closed", False)


@NO_AND_UNDO
@pytest.mark.parametrize("gone", ["need", "product"])
def test_what_left_the_market_within_the_minute_does_not_come_back(city: Made, verb: str, undo: str, gone: str) -> None:
    database, settings = city
    answer(database, settings, verb)
    with database.writing(SYSTEM) as session:
        chosen = {
            "need": select(Need).where(Need.need_no == need_no()),
            "product": select(Product).where(Product.product_code == referral(database).product_code),
        }
        session.scalars(chosen[gone]).one().status = EntryStatus.WITHDRAWN
    answer(database, settings, undo, now=SOON)
    assert stands(database) == ("none", "none", "closed", False)


def test_a_product_declined_that_its_bank_was_never_shown_is_not_said_to_be_with_it(city: Made) -> None:
    database, settings = city
    with database.writing(SYSTEM) as session:
        put(session, "organisations", {"org_code": "B3", "kind": "BANK", "name": "B3银行"})
        put(session, "products", product("B3", 3))
    with as_(database, enterprise()) as session:
        made = decline_product(
            session, actor=enterprise(), need_no=need_no(), product_code="B3P3", reason="COST", settings=settings,
            now=NOW,
        )  # fmt: skip
        assert made.state.value == "declined"
    answer(database, settings, "undo_decline", org_code="B3", now=SOON)
    (told,) = [one for one in seen(database, settings, enterprise()) if one.org_code == "B3"]
    assert told.state.value == "closed" and "Shown to the bank" not in told.sentence.en
    with database.reading(SYSTEM) as session:
        assert said_no(session) == [], "the product may be told again"


def told_products(database: Database) -> set[str]:
    with database.reading(SYSTEM) as session:
        mine = (PushItem.contact_no == "E001") & (PushItem.section == "fit") & (PushItem.state == "told")
        return {one["product"]["code"] for one in session.scalars(select(PushItem.payload).where(mine))}


def test_e8_a_product_declined_is_not_in_the_next_digest(city: Made) -> None:
    database, settings = city
    with as_(database, enterprise()) as session:
        decline_product(
            session, actor=enterprise(), need_no=need_no(), product_code="B1P1", reason="COST", settings=settings,
            now=NOW,
        )  # fmt: skip
    assert stands(database) == ("none", "declined", "declined", False)
    push_again(city, 7, "enterprise")
    assert told_products(database) == {"B2P2"}


def test_e8_declined_between_planning_and_sending(city: Made) -> None:
    database, settings = city
    with database.writing(SYSTEM) as session:
        from matchmaker.push.planning import plan_due

        plan_due(session, settings=settings, now=NOW, audiences=("enterprise",))
    assert told_products(database) == {"B1P1", "B2P2"}
    answer(database, settings, "decline")
    send_due(database, settings, now=lambda: NOW)
    assert told_products(database) == {"B2P2"}


def test_a_product_whose_bank_was_not_asked_is_declined_as_well(city: Made) -> None:
    database, settings = city
    with database.writing(SYSTEM) as session:
        put(session, "organisations", {"org_code": "B3", "kind": "BANK", "name": "B3银行"})
        put(session, "products", product("B3", 3), product("B1", 4))
    what = {"actor": enterprise(), "need_no": need_no(), "reason": "KNOWN", "settings": settings, "now": NOW}
    with as_(database, enterprise()) as session:
        made = decline_product(session, product_code="B3P3", **what)  # type: ignore[arg-type]
        assert (made.org_code, made.firm_answer, made.due_on) == ("B3", "declined", None)
    with as_(database, enterprise()) as session, pytest.raises(ConflictError) as other:
        decline_product(session, product_code="B1P4", **what)  # type: ignore[arg-type]
    assert other.value.code == "other_product" and "B1P1" in other.value.say("zh")
    with as_(database, enterprise(2)) as session, pytest.raises(NotFoundError):
        decline_product(session, product_code="B3P3", **{**what, "actor": enterprise(2)})  # type: ignore[arg-type]


# Who may know what


def test_b7_no_reason_note_or_name_reaches_the_enterprise_or_another_bank(city: Made) -> None:
    database, settings = city
    answer(database, settings, "refuse", reason="CREDIT", note="老板口碑差")
    for actor in (enterprise(), manager(org_code="B2"), enterprise(2)):
        said = str(seen(database, settings, actor))
        assert not [word for word in ("老板", "CREDIT", "张", "信用或经营") if word in said], actor.who
    view = next(one for one in seen(database, settings, enterprise()) if one.org_code == "B1")
    assert "没有合适的安排" in view.sentence.zh
    with as_(database, enterprise()) as session:
        copied = str(copy_of(session, actor=enterprise(), uscc=code_of(1), now=NOW))
    assert "'bank_answer': 'refused'" in copied
    assert not [word for word in ("老板", "CREDIT", "张经理") if word in copied]
    own = next(one for one in seen(database, settings, manager("李四", 42)) if one.bank.value == "refused")
    assert (own.bank_note, own.bank_by, own.bank_reason) == ("老板口碑差", "张*", "CREDIT")
    bureau = next(one for one in seen(database, settings, operator()) if one.bank.value == "refused")
    assert (bureau.bank_note, bureau.bank_reason) == (None, "CREDIT")


def test_b9_a_bank_never_learns_that_another_took_the_need(city: Made) -> None:
    database, settings = city
    before = [repr(one) for one in seen(database, settings, manager(org_code="B2"))]
    feed = changes(database, "B2")
    answer(database, settings, "take")
    assert [repr(one) for one in seen(database, settings, manager(org_code="B2"))] == before
    assert changes(database, "B2") == feed and lead(database, "B2").version == 1
    with pytest.raises(NotFoundError):
        answer(database, settings, "take", by=manager(org_code="B2"))


def changes(database: Database, org_code: str) -> list[str]:
    with database.reading(manager(org_code=org_code)) as session:
        return list(session.scalars(select(Change.public_id)))


def test_a_banks_view_never_holds_the_needs_number_or_why_it_was_declined(city: Made) -> None:
    database, settings = city
    answer(database, settings, "decline", reason="SETTLED", note="已向B2借到")
    said = str(seen(database, settings, manager()))
    assert need_no() not in said and "SETTLED" not in said and "已向" not in said and "declined" in said


def test_both_sides_systems_hear_of_an_answer(city: Made) -> None:
    database, settings = city
    answer(database, settings, "take")
    with database.reading(SYSTEM) as session:
        told = [(one.kind, one.org_code, one.uscc, one.gone) for one in session.scalars(select(Change))]
    assert told[-2:] == [("lead", "B1", None, False), ("referral", None, code_of(1), False)]


# Lists


def test_each_referral_is_in_one_tab_the_first_due_first(city: Made) -> None:
    database, settings = city
    answer(database, settings, "take")
    answer(database, settings, "refuse", number=2)
    with database.writing(SYSTEM) as session:
        early = session.scalars(select(Referral).where(Referral.id == referral(database, number=4).id)).one()
        early.due_on = DUE - timedelta(days=1)
    with database.reading(manager()) as session:
        assert count_tabs(session, on=DUE) == {"waiting": 3, "taken": 1, "closed": 1, "overdue": 1}
        listed = {tab: [one.id for one in list_referrals(session, on=DUE, tab=tab)] for tab in TABS}
        waiting = [one.due_on for one in list_referrals(session, on=DUE - timedelta(days=3), tab="waiting")]
    assert sum(map(len, listed.values())) == 6 == len({one for some in listed.values() for one in some})
    assert waiting[0] == DUE - timedelta(days=1) and waiting == sorted(waiting)  # type: ignore[type-var]
    with database.reading(enterprise()) as session:
        mine = list_referrals(session, on=DUE, need_no=need_no())
    assert {one.org_code for one in mine} == {"B1", "B2"}


def test_buttons_are_what_the_table_allows(city: Made) -> None:
    database, settings = city

    def verbs(actor: object, now: object = NOW) -> list[str]:
        views = seen(database, settings, actor, now=now)  # type: ignore[arg-type]
        found = next(one for one in views if one.public_id == referral(database).public_id)
        return [step.verb for step in found.steps]

    assert verbs(manager()) == ["take", "refuse"] and verbs(enterprise()) == ["consent", "decline"]
    answer(database, settings, "take")
    assert verbs(manager(), SOON) == ["undo"] and verbs(manager(), LATE) == []
    assert verbs(operator()) == []
