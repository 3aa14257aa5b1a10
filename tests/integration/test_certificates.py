"""信用背书: only with consent, never longer or better than the rating, ended at once; keys that follow one another."""

import base64
import threading
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from matchmaker.accounts.models import AuditEvent
from matchmaker.actor import CLI, NOBODY, SYSTEM
from matchmaker.clock import local
from matchmaker.db import Database
from matchmaker.domain.errors import ConflictError, MatchmakerError, NotAllowedError, NotFoundError, RejectedError
from matchmaker.domain.guarantee_terms import Grade
from matchmaker.domain.terms import EntryStatus
from matchmaker.guarantee.endorsement import keys, queries
from matchmaker.guarantee.endorsement.models import Certificate, RevokedWhy, SigningKey
from matchmaker.guarantee.endorsement.notices import KIND
from matchmaker.guarantee.endorsement.revoking import revoke_all_outdated, revoke_certificate, revoke_outdated
from matchmaker.guarantee.endorsement.services import issue_certificate, offer_of
from matchmaker.guarantee.endorsement.status_list import SIZE, free_place, is_set, packed
from matchmaker.guarantee.endorsement.tokens import CERTIFICATE, REVOKED, Standing, read_signed
from matchmaker.guarantee.rating.models import Rating, RatingRules
from matchmaker.guarantee.rating.overrides import ask_override, confirm_override
from matchmaker.guarantee.rating.rules import load_default_rules
from matchmaker.guarantee.rating.services import rate_enterprise
from matchmaker.jobs.context import Context
from matchmaker.jobs.table import JOBS
from matchmaker.lists.models import Contact, Organisation
from matchmaker.outbox.envelope import Body, Claimed, Nothing
from matchmaker.outbox.models import OutboxMessage
from matchmaker.push.certificate_notices import compose_revoked_notice
from matchmaker.push.privacy.closing import close_account
from matchmaker.settings import Settings
from tests.support.accounts import SECRET
from tests.support.city import code_of, put, small_city
from tests.support.consenting import NOW, bank, enterprise, operator
from tests.support.endorsing import certify, rate

Made = tuple[Database, Settings]


@pytest.fixture
def city(migrated_url: str, tmp_path: Path) -> Iterator[Made]:
    from matchmaker.lists.defaults import load_defaults

    database = Database(migrated_url)
    settings = Settings(instance=tmp_path, secret_key=SECRET, database_url=migrated_url, public_url="https://x.example")
    with database.writing(SYSTEM) as session:
        load_defaults(session, NOW)
        small_city(session, firms=3, now=NOW)
        put(session, "organisations", {"org_code": "J1", "kind": "BUREAU", "name": "威海市金融局"}, now=NOW)
    yield database, settings
    database.dispose()


def kept(database: Database, public_id: str) -> Certificate:
    with database.reading(SYSTEM) as session:
        return queries.find_certificate(session, public_id)


def looked_up(database: Database, public_id: str, now: object = NOW) -> queries.Checked:
    with database.reading(NOBODY) as session:
        return queries.look_up(session, public_id, now)  # type: ignore[arg-type]


def checked(database: Database, token: str, now: object = NOW) -> queries.Checked:
    with database.reading(NOBODY) as session:
        return queries.check_token(session, token, now)  # type: ignore[arg-type]


def actions(database: Database) -> list[str]:
    with database.reading(SYSTEM) as session:
        return list(session.scalars(select(AuditEvent.action).order_by(AuditEvent.seq)))


def test_a_certificate_states_the_rating_and_ends_with_it(city: Made) -> None:
    database, settings = city
    number = rate(database, settings, "B")
    made = certify(database, settings)
    with database.reading(NOBODY) as session:
        claims = read_signed(made.token, queries.public_keys(session, NOW), CERTIFICATE)
    day = local(NOW).date()
    assert claims == {
        "iss": "https://x.example", "sub": code_of(1), "name": "威海隐名1号机械有限公司", "grade": "B",
        "rating_no": number, "as_of": day.isoformat(), "rules": None,
        "valid_to": (day + timedelta(days=90)).isoformat(), "jti": made.public_id, "iat": int(NOW.timestamp()),
        "exp": int(made.expires_at.timestamp()),
        "status": {
            "status_list": {"idx": made.status_index, "uri": "https://x.example/.well-known/matchmaker/revoked.jwt"}
        },
    }  # fmt: skip
    assert queries.claims_of(made) == claims
    assert local(made.expires_at - timedelta(seconds=1)).date() == day + timedelta(days=90)
    assert local(made.expires_at).date() == day + timedelta(days=91)
    assert checked(database, made.token).standing is Standing.VALID
    assert looked_up(database, made.public_id).claims == claims
    late = looked_up(database, made.public_id, made.expires_at)
    assert (late.standing, late.claims) == (Standing.EXPIRED, None)
    assert checked(database, made.token, made.expires_at).standing is Standing.EXPIRED


def test_the_words_agreed_to_are_kept_and_others_are_refused(city: Made) -> None:
    """PIPL articles 14 and 17: what is agreed to is what was shown."""
    database, settings = city
    rate(database, settings, "B")
    made = certify(database, settings)
    for said in ("威海隐名1号机械有限公司", code_of(1), "威海市金融局", made.rating_no, "B 级", "随时撤销"):
        assert said in made.evidence
    rate(database, settings, "A", rating_no="PJ-2")
    with database.reading(enterprise()) as session:
        shown = offer_of(session, uscc=code_of(1), lang="zh", settings=settings, now=NOW).digest
    rate(database, settings, "C", rating_no="PJ-3")
    for words in (shown, "", "x" * 64):
        with pytest.raises(ConflictError) as caught, database.writing(enterprise()) as session:
            issue_certificate(session, actor=enterprise(), shown=words, lang="zh", settings=settings, now=NOW)
        assert caught.value.code == "consent_words"
    with database.reading(SYSTEM) as session:
        assert len(queries.certificates(session)) == 1


def test_nothing_is_certified_without_a_rating_or_below_c(city: Made) -> None:
    database, settings = city
    for prepare, code in (
        (lambda: None, "no_rating"),
        (lambda: rate(database, settings, "D"), "grade"),
        (lambda: rate(database, settings, "A", valid_to=local(NOW).date() - timedelta(days=1)), "no_rating"),
        (lambda: rate(database, settings, "A", status=EntryStatus.WITHDRAWN), "no_rating"),
    ):
        prepare()
        with pytest.raises(RejectedError) as caught:
            certify(database, settings)
        assert caught.value.code == code
        if code == "grade":
            assert "修复" in caught.value.say("zh")
    rate(database, settings, "C", valid_to=local(NOW).date())
    assert certify(database, settings).grade == "C"


def test_only_the_enterprise_itself_has_its_rating_certified(city: Made) -> None:
    database, settings = city
    rate(database, settings, "B")
    for actor in (bank(), operator()):
        with pytest.raises(NotAllowedError), database.writing(actor) as session:
            issue_certificate(session, actor=actor, shown="", lang="zh", settings=settings, now=NOW)
    with pytest.raises(NotFoundError), database.writing(SYSTEM) as session:
        issue_certificate(session, actor=SYSTEM, shown="", lang="zh", settings=settings, now=NOW)
    with pytest.raises(RejectedError), database.writing(enterprise(2)) as session:
        offer_of(session, uscc=code_of(1), lang="zh", settings=settings, now=NOW)


def test_a_rating_has_one_certificate_that_holds(city: Made) -> None:
    database, settings = city
    rate(database, settings, "B")
    first = certify(database, settings)
    assert certify(database, settings).public_id == first.public_id
    own = ("id", "public_id", "status_index")
    values = {c.key: getattr(first, c.key) for c in Certificate.__mapper__.columns if c.key not in own}
    with pytest.raises(IntegrityError), database.writing(SYSTEM) as session:
        session.add(Certificate(**values))
    rate(database, settings, "A", rating_no=first.rating_no)
    second = certify(database, settings)
    assert second.public_id != first.public_id and second.grade == "A"
    assert kept(database, first.public_id).revoked_why == RevokedWhy.REPLACED


def test_two_presses_at_once_make_one(city: Made) -> None:
    database, settings = city
    rate(database, settings, "B")
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.append(certify(database, settings).public_id)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4 and len(set(made)) == 1
    with database.reading(SYSTEM) as session:
        assert len(keys.keys(session)) == 1


def test_the_enterprise_revokes_at_once_and_what_it_stated_is_no_longer_shown(city: Made) -> None:
    database, settings = city
    rate(database, settings, "B")
    made = certify(database, settings)
    with pytest.raises(NotFoundError), database.writing(enterprise(2)) as session:
        revoke_certificate(session, actor=enterprise(2), public_id=made.public_id, now=NOW)
    for _ in range(2):
        with database.writing(enterprise()) as session:
            revoke_certificate(session, actor=enterprise(), public_id=made.public_id, now=NOW)
    assert kept(database, made.public_id).revoked_why == RevokedWhy.ENTERPRISE
    found = looked_up(database, made.public_id)
    assert (found.standing, found.claims) == (Standing.REVOKED, None)
    assert checked(database, made.token).standing is Standing.REVOKED
    assert actions(database)[-3:] == ["certificate.key_rotated", "certificate.issued", "certificate.revoked"]
    again = certify(database, settings)
    assert again.public_id != made.public_id


def test_the_bureau_revokes_with_a_reason(city: Made) -> None:
    database, settings = city
    rate(database, settings, "B")
    made = certify(database, settings)
    for reason in ("", "   太短   "):
        with pytest.raises(RejectedError), database.writing(operator()) as session:
            revoke_certificate(session, actor=operator(), public_id=made.public_id, reason=reason, now=NOW)
    reason = "企业名称登记有误，已通知更正"
    with database.writing(operator()) as session:
        revoke_certificate(session, actor=operator(), public_id=made.public_id, reason=reason, now=NOW)
    found = kept(database, made.public_id)
    assert (found.revoked_why, found.revoked_note) == (RevokedWhy.BUREAU, reason)


@pytest.mark.parametrize(
    ("grade", "status", "why"),
    [
        ("D", EntryStatus.PUBLISHED, RevokedWhy.WORSE),
        ("C", EntryStatus.PUBLISHED, RevokedWhy.WORSE),
        ("B", EntryStatus.PUBLISHED, None),
        ("A", EntryStatus.PUBLISHED, None),
        ("B", EntryStatus.WITHDRAWN, RevokedWhy.WITHDRAWN),
    ],
)
@pytest.mark.parametrize("how", ["service", "job"])
def test_a_rating_that_got_worse_or_went_ends_what_was_certified(
    city: Made, grade: str, status: EntryStatus, why: RevokedWhy | None, how: str
) -> None:
    database, settings = city
    rate(database, settings, "B")
    rate(database, settings, "B", number=2)
    made, other = certify(database, settings), certify(database, settings, number=2)
    rate(database, settings, grade, rating_no="PJ-2", status=status)
    if how == "service":
        with database.writing(operator()) as session:
            assert revoke_outdated(session, code_of(1), NOW) == (why is not None)
    else:
        job = next(one for one in JOBS if one.key == "revoke_certificates")
        job.run(Context(database=database, settings=settings, now=lambda: NOW))
    assert kept(database, made.public_id).revoked_why == (why and why.value)
    assert kept(database, other.public_id).revoked_why is None
    with database.writing(SYSTEM) as session:
        assert revoke_all_outdated(session, NOW) == 0


RECORD = {
    "source": "信用中国", "record_no": "C1", "uscc": code_of(1), "authority": "市场监督管理局", "kind": "ADMIN_PENALTY",
    "severity": "SERIOUS", "decided_on": "2026-05-01", "disclosure": "PUBLIC",
}  # fmt: skip


def rated_by_machine(database: Database, settings: Settings) -> str:
    """The enterprise rated by the rules in force on the facts of now; its grade."""
    with database.writing(operator()) as session:
        return rate_enterprise(
            session, actor=operator(), uscc=code_of(1), as_of=local(NOW).date(), now=NOW, settings=settings
        ).grade


@pytest.mark.parametrize(("before", "why"), [("C", None), ("A", RevokedWhy.WORSE)])
def test_rating_anew_ends_a_certificate_of_a_better_grade_at_once(
    city: Made, before: str, why: RevokedWhy | None
) -> None:
    database, settings = city
    with database.writing(CLI) as session:
        load_default_rules(session, actor=CLI, now=NOW)
    rate(database, settings, before)
    made = certify(database, settings)
    assert rated_by_machine(database, settings) == "B"
    assert kept(database, made.public_id).revoked_why == (why and why.value)
    again = certify(database, settings)
    assert again.grade == "B" and rated_by_machine(database, settings) == "B"
    assert kept(database, again.public_id).revoked_at is None, "the same grade leaves it"
    with database.writing(SYSTEM) as session:
        put(session, "credit-records", RECORD, now=NOW)
    assert rated_by_machine(database, settings) in ("C", "D")
    assert kept(database, again.public_id).revoked_why == RevokedWhy.WORSE


def test_a_worse_grade_that_two_persons_set_ends_it_too_and_a_better_one_leaves_it(city: Made) -> None:
    database, settings = city
    with database.writing(CLI) as session:
        load_default_rules(session, actor=CLI, now=NOW)
    two = replace(operator(), who="person:op2", person_id=97)
    for grade, holds in ((Grade.A, True), (Grade.C, False)):
        assert rated_by_machine(database, settings) == "B"
        with database.reading(SYSTEM) as session:
            standing = queries.standing_rating(session, code_of(1), local(NOW).date())
        assert standing is not None
        made = certify(database, settings)
        with database.writing(operator()) as session:
            asked = ask_override(
                session, actor=operator(), rating_no=standing.rating_no, grade=grade, now=NOW,
                reason="现场核查了经营情况与纳税记录",
            )  # fmt: skip
        assert kept(database, made.public_id).revoked_at is None, "nothing changes before the second person"
        with database.writing(two) as session:
            confirm_override(session, actor=two, public_id=asked.public_id, now=NOW)
        assert (kept(database, made.public_id).revoked_at is None) is holds


def notices(database: Database) -> list[tuple[str, str]]:
    with database.reading(SYSTEM) as session:
        told = select(OutboxMessage.contact_no, OutboxMessage.window).where(OutboxMessage.kind == KIND)
        return [(contact_no, window) for contact_no, window in session.execute(told.order_by(OutboxMessage.id))]


def composed(database: Database, settings: Settings, public_id: str, channel: str = "email") -> Body | Nothing:
    claimed = Claimed(1, 1, 0, "E001", channel, KIND, public_id, "m")
    with database.writing(SYSTEM) as session:
        return compose_revoked_notice(settings, session, claimed, NOW)


def test_the_enterprise_hears_of_what_others_revoked_and_not_of_what_it_did(city: Made) -> None:
    database, settings = city
    rate(database, settings, "B")
    own = certify(database, settings)
    with database.writing(enterprise()) as session:
        revoke_certificate(session, actor=enterprise(), public_id=own.public_id, now=NOW)
    assert notices(database) == []
    by_bureau = certify(database, settings)
    assert composed(database, settings, by_bureau.public_id) == Nothing("nothing_left"), "it holds"
    for _ in range(2):
        with database.writing(operator()) as session:
            revoke_certificate(
                session, actor=operator(), public_id=by_bureau.public_id, reason="企业名称登记有误，已通知更正", now=NOW
            )
    worse = certify(database, settings)
    rate(database, settings, "C", rating_no="PJ-2")
    with database.writing(SYSTEM) as session:
        revoke_all_outdated(session, NOW)
    by_key = certify(database, settings)
    with database.writing(CLI) as session:
        keys.rotate_key(session, actor=CLI, settings=settings, now=NOW)
        keys.retire_key(session, actor=CLI, kid=by_key.kid, now=NOW)
    assert notices(database) == [("E001", one.public_id) for one in (by_bureau, worse, by_key)]
    body = composed(database, settings, by_bureau.public_id)
    assert isinstance(body, Body)
    for said in (by_bureau.rating_no, "主管部门撤销", "企业名称登记有误", f"/endorsements/{by_bureau.public_id}"):
        assert said in body.text and said in body.html
    assert by_bureau.token not in body.text + body.html
    told = composed(database, settings, worse.public_id)
    assert isinstance(told, Body) and "评级已下调" in told.text and "原因" not in told.text


def test_a_notice_goes_to_nobody_who_left_the_enterprise(city: Made) -> None:
    database, settings = city
    rate(database, settings, "B")
    made = certify(database, settings)
    with database.writing(operator()) as session:
        revoke_certificate(
            session, actor=operator(), public_id=made.public_id, reason="企业名称登记有误，已通知更正", now=NOW
        )
    assert composed(database, settings, made.public_id, "fax") == Nothing("no_address")
    with database.writing(SYSTEM) as session:
        session.scalars(select(Contact).where(Contact.contact_no == "E001")).one().uscc = code_of(2)
    assert composed(database, settings, made.public_id) == Nothing("contact_gone")


def test_closing_the_account_revokes_what_was_certified(city: Made) -> None:
    database, settings = city
    rate(database, settings, "B")
    made = certify(database, settings)
    with database.writing(enterprise()) as session:
        assert close_account(session, actor=enterprise(), uscc=code_of(1), settings=settings, now=NOW).certificates == 1
    assert kept(database, made.public_id).revoked_at is not None


def listed(database: Database, settings: Settings, now: object = NOW) -> dict[str, Any]:
    with database.reading(NOBODY) as session:
        token = queries.revoked_list(session, settings, now)  # type: ignore[arg-type]
        assert token is not None
        return read_signed(token, queries.public_keys(session, now), REVOKED, longest=128_000)  # type: ignore[arg-type]


def places(found: dict[str, Any]) -> list[int]:
    """The places that a list says are revoked."""
    bits = zlib.decompress(base64.urlsafe_b64decode(found["status_list"]["lst"] + "=="))
    assert len(bits) == SIZE // 8
    return [8 * n + i for n, byte in enumerate(bits) if byte for i in range(8) if byte >> i & 1]


def test_the_list_tells_places_of_what_was_revoked_before_its_day_and_nothing_else(city: Made) -> None:
    database, settings = city
    with database.reading(NOBODY) as session:
        assert queries.revoked_list(session, settings, NOW) is None
        assert queries.public_keys(session, NOW) == {"keys": []}
    for number in (1, 2):
        rate(database, settings, "B", number=number)
    one, two = certify(database, settings), certify(database, settings, number=2)
    assert places(listed(database, settings)) == []
    with database.writing(enterprise()) as session:
        revoke_certificate(session, actor=enterprise(), public_id=one.public_id, now=NOW)
    found = listed(database, settings)
    assert places(found) == [one.status_index]
    assert set(found) == {"iss", "sub", "iat", "exp", "ttl", "status_list"}
    assert queries.claims_of(one)["status"] == {"status_list": {"idx": one.status_index, "uri": found["sub"]}}
    assert listed(database, settings, NOW + timedelta(minutes=4)) == found, "the same within five minutes"
    assert listed(database, settings, NOW + timedelta(minutes=6)) != found
    assert places(listed(database, settings, two.expires_at)) == [], "past its day it needs no mention"


def many(database: Database, like: Certificate, revoked: int, of: int) -> list[int]:
    """So many more certificates, the first ones revoked; the places of those."""
    kept = {c.key: getattr(like, c.key) for c in Certificate.__mapper__.columns if c.key != "id"}
    drawn = Random(7).sample([place for place in range(SIZE) if place != like.status_index], of)
    rows = [
        {**kept, "public_id": f"many{n:016d}", "rating_no": f"N{n}", "status_index": place,
         **({"revoked_at": NOW, "revoked_why": "ENTERPRISE"} if n < revoked else {})}
        for n, place in enumerate(drawn)
    ]  # fmt: skip
    with database.writing(SYSTEM) as session:
        session.connection().execute(insert(Certificate.__table__), rows)  # type: ignore[arg-type]
    return drawn[:revoked]


def test_five_thousand_of_sixty_thousand_are_revoked_and_every_certificate_is_still_checked_offline(city: Made) -> None:
    database, settings = city
    rate(database, settings, "B")
    rate(database, settings, "B", number=2)
    holds, ended = certify(database, settings), certify(database, settings, number=2)
    with database.writing(enterprise(2)) as session:
        revoke_certificate(session, actor=enterprise(2), public_id=ended.public_id, now=NOW)
    gone = many(database, holds, revoked=5_000, of=60_000)
    assert places(listed(database, settings)) == sorted([*gone, ended.status_index])  # type: ignore[list-item]
    with database.reading(NOBODY) as session:
        jwks, token = queries.public_keys(session, NOW), queries.revoked_list(session, settings, NOW)
    assert queries.check_offline(holds.token, jwks, token, NOW).standing is Standing.VALID
    assert queries.check_offline(ended.token, jwks, token, NOW).standing is Standing.REVOKED


def test_the_list_is_readable_however_many_are_revoked(city: Made) -> None:
    from matchmaker.guarantee.endorsement.tokens import sign

    database, settings = city
    rate(database, settings, "B")
    certify(database, settings)
    worst = packed(Random(7).sample(range(SIZE), SIZE // 2))  # as many as pack worst
    with database.reading(SYSTEM) as session:
        key, jwks = keys.key_in_use(session, settings), queries.public_keys(session, NOW)
    assert key is not None
    token = sign({**listed(database, settings), "status_list": {"bits": 1, "lst": worst}}, REVOKED, key)
    assert read_signed(token, jwks, REVOKED, longest=128_000)["status_list"]["lst"] == worst


def test_a_place_is_held_by_one_certificate_until_a_day_after_its_end(city: Made) -> None:
    database, settings = city
    rate(database, settings, "B")
    made = certify(database, settings)
    with database.writing(SYSTEM) as session:
        session.get_one(Certificate, made.id).status_index = 0
    for now in (NOW, made.expires_at + timedelta(hours=23)):
        with pytest.raises(ConflictError) as caught, database.writing(SYSTEM) as session:
            free_place(session, now, size=1)
        assert caught.value.code == "status_list_full"
    with database.writing(SYSTEM) as session:
        assert free_place(session, made.expires_at + timedelta(days=1), size=1) == 0
    values = {c.key: getattr(made, c.key) for c in Certificate.__mapper__.columns if c.key != "id"}
    with pytest.raises(IntegrityError), database.writing(SYSTEM) as session:
        session.add_all(Certificate(**values | {"public_id": n * 20, "rating_no": n, "status_index": 9}) for n in "ab")


def test_a_list_of_another_issuer_says_nothing(city: Made) -> None:
    database, settings = city
    rate(database, settings, "B")
    made = certify(database, settings)
    with database.reading(NOBODY) as session:
        jwks = queries.public_keys(session, NOW)
        other = queries.revoked_list(session, replace(settings, public_url="https://y.example"), NOW)
    with pytest.raises(RejectedError, match=r"y\.example") as caught:
        queries.check_offline(made.token, jwks, other, NOW)
    assert caught.value.code == "list_other"
    with pytest.raises(RejectedError) as caught:
        queries.check_offline(made.token, jwks, made.token, NOW)
    assert "撤销名单" in caught.value.say("zh"), "it is the list that is at fault"


@pytest.mark.parametrize("place", [0, 7, 8, SIZE - 1])
def test_a_bit_stands_where_it_was_set(place: int) -> None:
    one = packed([place])
    assert [is_set(one, n) for n in (place, place ^ 1)] == [True, False]


def test_a_key_is_followed_by_the_next_and_stays_published_until_what_it_signed_has_expired(city: Made) -> None:
    database, settings = city
    rate(database, settings, "B")
    made = certify(database, settings)
    with database.writing(CLI) as session:
        new = keys.rotate_key(session, actor=CLI, settings=settings, now=NOW + timedelta(hours=1))
    rate(database, settings, "B", number=2)
    assert certify(database, settings, number=2, now=NOW + timedelta(hours=2)).kid == new.kid != made.kid

    def published(now: object) -> list[str]:
        with database.reading(NOBODY) as session:
            return [key["kid"] for key in queries.public_keys(session, now)["keys"]]  # type: ignore[arg-type]

    assert published(NOW + timedelta(days=30)) == [new.kid, made.kid]
    assert published(made.expires_at) == [new.kid]
    assert checked(database, made.token, NOW + timedelta(days=30)).standing is Standing.VALID
    with database.reading(SYSTEM) as session:
        before = session.get_one(SigningKey, made.kid)
        assert before.sealed is None, "only one key can sign"
        assert all("d" not in key.public_jwk for key in keys.keys(session))


def test_a_key_that_signed_nothing_stays_published_as_long_as_its_list(city: Made) -> None:
    database, settings = city
    with database.writing(CLI) as session:
        first = keys.rotate_key(session, actor=CLI, settings=settings, now=NOW)
        keys.rotate_key(session, actor=CLI, settings=settings, now=NOW + timedelta(hours=1))
    with database.reading(SYSTEM) as session:
        soon = [one.kid for one in keys.published_keys(session, NOW + timedelta(hours=24))]
        later = [one.kid for one in keys.published_keys(session, NOW + timedelta(hours=25))]
    assert first.kid in soon and first.kid not in later


def test_a_retired_key_is_gone_at_once_with_all_that_it_signed(city: Made) -> None:
    database, settings = city
    rate(database, settings, "B")
    made = certify(database, settings)
    for kid, error in ((made.kid, ConflictError), ("unknown", NotFoundError)):
        with pytest.raises(error), database.writing(CLI) as session:
            keys.retire_key(session, actor=CLI, kid=kid, now=NOW)
    with database.writing(CLI) as session:
        keys.rotate_key(session, actor=CLI, settings=settings, now=NOW)
        assert keys.retire_key(session, actor=CLI, kid=made.kid, now=NOW) == 1
        assert keys.retire_key(session, actor=CLI, kid=made.kid, now=NOW) == 0
    with database.reading(NOBODY) as session:
        assert made.kid not in str(queries.public_keys(session, NOW))
    assert kept(database, made.public_id).revoked_why == RevokedWhy.KEY
    assert checked(database, made.token).standing is Standing.REVOKED


def test_not_even_a_stolen_key_makes_a_certificate_that_the_page_accepts(city: Made) -> None:
    from matchmaker.guarantee.endorsement.tokens import sign

    database, settings = city
    rate(database, settings, "C")
    made = certify(database, settings)
    with database.reading(SYSTEM) as session:
        key = keys.key_in_use(session, settings)
    assert key is not None
    honest = queries.claims_of(made)
    for claims in ({**honest, "grade": "A"}, {**honest, "jti": "0" * 20}):
        with pytest.raises(RejectedError) as caught:
            checked(database, sign(claims, CERTIFICATE, key))
        assert caught.value.code == "not_ours"


def test_a_key_that_another_secret_closed_is_told_and_the_next_one_helps(city: Made) -> None:
    database, settings = city
    rate(database, settings, "B")
    certify(database, settings)
    other = Settings(instance=settings.instance, secret_key="another secret that is long enough, too")
    rate(database, settings, "B", number=2)
    with pytest.raises(MatchmakerError) as caught:
        certify(database, other, number=2)
    assert caught.value.code == "secret_key_changed"
    with database.writing(CLI) as session:
        keys.rotate_key(session, actor=CLI, settings=other, now=NOW)
    assert certify(database, other, number=2).public_id


def test_only_the_system_administrator_and_the_operator_rotate(city: Made) -> None:
    database, settings = city
    for actor in (enterprise(), operator(), bank()):
        with pytest.raises(NotAllowedError), database.writing(actor) as session:
            keys.rotate_key(session, actor=actor, settings=settings, now=NOW)


def test_others_see_no_certificate(city: Made) -> None:
    database, settings = city
    rate(database, settings, "B")
    made = certify(database, settings)
    for actor, sees in ((enterprise(), True), (operator(), True), (enterprise(2), False), (bank(), False)):
        with database.reading(actor) as session:
            assert bool(queries.certificates(session)) is sees
    for public_id in ("x" * 20, "'; --", "é", made.public_id.upper() + "!"):
        with pytest.raises(NotFoundError):
            looked_up(database, public_id)


def test_the_rules_of_the_rating_are_named(city: Made) -> None:
    database, settings = city
    number, day = rate(database, settings, "B"), local(NOW).date()
    with database.writing(SYSTEM) as session:
        session.add(
            RatingRules(rules_version="2026.11.1", state="draft", rules={}, note="x", made_by="person:1", made_at=NOW)
        )
        session.flush()
        session.add(
            Rating(
                rating_no=number, uscc=code_of(1), as_of=day, valid_to=day, grade="B", rules_version="2026.11.1",
                facts={}, results={}, digest="", algorithm="x", cause="asked", erase_on=day, made_by="x",
                created_at=NOW,
            )
        )  # fmt: skip
    assert queries.claims_of(certify(database, settings))["rules"] == "2026.11.1"


def test_the_city_stands_in_where_there_is_no_bureau(city: Made) -> None:
    database, settings = city
    with database.reading(NOBODY) as session:
        assert queries.bureau_name(session, settings) == "威海市金融局"
    with database.writing(SYSTEM) as session:
        session.scalars(select(Organisation).where(Organisation.org_code == "J1")).one().status = EntryStatus.WITHDRAWN
        assert queries.bureau_name(session, settings) == settings.city
