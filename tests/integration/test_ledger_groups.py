"""Related companies: a customer counts with all it is related to, as today's register has it, in check and exposure."""

from collections.abc import Iterator

import pytest

from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain.errors import ConflictError
from matchmaker.domain.guarantee_terms import LimitKind
from matchmaker.guarantee.ledger.capacity import OverLimitError
from matchmaker.guarantee.ledger.queries import GuarantorExposure, exposure
from matchmaker.scoring.limits import Limit
from tests.support.city import code_of, put
from tests.support.covering import BOOKER, ON, WAN, booked, case, guarantors, reserve
from tests.support.wording import blames


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    made = Database(migrated_url)
    with made.writing(SYSTEM) as session:
        guarantors(session)
        city = {"limit_no": "C-1", "kind": "CITY_GROUP", "limit_class": "POLICY", "amount_wan": "5000"}
        put(session, "guarantee-limits", city)
    yield made
    made.dispose()


def relate(database: Database, group: str, *numbers: int) -> None:
    with database.writing(SYSTEM) as session:
        put(session, "related-groups", *({"group_code": group, "uscc": code_of(one)} for one in numbers))


def shown(database: Database, actor: object = SYSTEM) -> GuarantorExposure:
    with database.reading(actor) as session:  # type: ignore[arg-type]
        return next(one for one in exposure(session, ON) if one.org_code == "G1")


def limit(found: GuarantorExposure, kind: LimitKind) -> Limit | None:
    return next((one for one in found.limits if one.key == kind), None)


def test_all_groups_of_a_customer_count_together(database: Database) -> None:
    """15 % of 100 m are 15 m: with either group alone there would be room, with both there is none (article 16)."""
    relate(database, "甲集团", 1, 2)
    relate(database, "乙集团", 1, 3)
    for number in (2, 3):
        reserve(database, case(number, 900, groups=(("甲集团", "乙集团")[number - 2],)))
    with pytest.raises(OverLimitError) as refused:
        reserve(database, case(1, 100, groups=("乙集团", "甲集团")))
    (broken,) = refused.value.effect.broken
    assert (broken.key, broken.before, broken.after) == (LimitKind.GROUP, 1440 * WAN, 1520 * WAN)


def test_exposure_counts_a_group_that_was_registered_later(database: Database) -> None:
    for number in (1, 2):
        reserve(database, case(number, 500))
    reserve(database, case(3, 300, org=2))
    assert limit(shown(database), LimitKind.GROUP) is None and shown(database).splits["group"] == []
    relate(database, "甲集团", 1, 2, 3)
    for actor in (SYSTEM, BOOKER):
        found = shown(database, actor)
        within, city = limit(found, LimitKind.GROUP), limit(found, LimitKind.CITY_GROUP)
        assert within and (within.after, within.bound) == (800 * WAN, 1500 * WAN)
        assert city and (city.after, city.bound) == (1040 * WAN, 5000 * WAN)
        (part,) = found.splits["group"]
        assert (part.code, part.held.reserved_guaranteed) == ("甲集团", 800 * WAN)


def test_exposure_and_check_agree(database: Database) -> None:
    relate(database, "甲集团", 1, 2)
    relate(database, "乙集团", 1, 3)
    for number in (2, 3):
        reserve(database, case(number, 300, groups=(("甲集团", "乙集团")[number - 2],)))
    effect = reserve(database, case(1, 100, groups=("乙集团", "甲集团")))
    checked = next(one for one in effect.limits if one.key == LimitKind.GROUP)
    said = limit(shown(database), LimitKind.GROUP)
    assert said and said.after == checked.after == 560 * WAN


def test_a_scheme_that_another_guarantor_took_over_does_not_begin_anew(database: Database) -> None:
    """With 300 of 500 taken, G2 would have all of the scheme's 500 again."""
    first = case(1, 300)
    with database.writing(SYSTEM) as session:
        put(session, "schemes", {"scheme_code": "S1", "cap_wan": "500"})
    reserve(database, first)
    with database.writing(SYSTEM) as session:
        put(session, "schemes", {"scheme_code": "S1", "org_code": "G2"})
    moved = case(2, 500, org=2, scheme_code="S1")
    with pytest.raises(ConflictError) as refused:
        reserve(database, moved)
    assert refused.value.code == "scheme_moved" and "G1" in refused.value.say("zh")
    assert not blames(refused.value.say("zh"), refused.value.say("en"))
    booked(database, "free", first, why="withdrawn")
    assert reserve(database, moved).broken == ()
