"""Giving needs to banks: within capacity, at most so many banks at once, spread over the needs, always the same."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from matchmaker.push.leads import Wish, allocate

NEEDS = [f"N{n}" for n in range(6)]
OFFERS = [(f"B{n % 4}", f"P{n}") for n in range(8)]

wishes = st.lists(
    st.builds(
        Wish,
        need_no=st.sampled_from(NEEDS),
        places=st.integers(0, 3),
        offers=st.lists(st.sampled_from(OFFERS), max_size=8, unique=True).map(tuple),
        again=st.frozensets(st.sampled_from(OFFERS), max_size=2),
    ),
    unique_by=lambda wish: wish.need_no,
    max_size=6,
)
rooms = st.dictionaries(st.sampled_from([code for _, code in OFFERS]), st.integers(0, 3))


def test_every_need_gets_its_best_bank_before_any_gets_a_second() -> None:
    offers = (("B1", "P1"), ("B2", "P2"))
    given_away = allocate([Wish("old", 3, offers), Wish("new", 3, offers)], {"P1": 2, "P2": 1})
    assert given_away == [("old", ("B1", "P1")), ("new", ("B1", "P1")), ("old", ("B2", "P2"))]


def test_a_bank_without_room_in_its_best_product_offers_its_next() -> None:
    offers = (("B1", "P1"), ("B1", "P2"), ("B2", "P3"))
    assert allocate([Wish("n", 1, offers)], {"P1": 0, "P2": 1, "P3": 1}) == [("n", ("B1", "P2"))]


def test_an_offer_that_was_shown_before_uses_no_capacity() -> None:
    again = Wish("n", 1, (("B1", "P1"),), frozenset({("B1", "P1")}))
    assert allocate([again, Wish("m", 1, (("B1", "P1"),))], {"P1": 1}) == [("n", ("B1", "P1")), ("m", ("B1", "P1"))]
    other = Wish("n", 1, (("B1", "P2"),), frozenset({("B1", "P1")}))
    assert allocate([other], {"P1": 1}) == [], "with another product it counts"


@given(wishes, rooms)
def test_limits_hold_and_nothing_is_left_that_could_be_given(asked: list[Wish], room: dict[str, int]) -> None:
    given_away = allocate(asked, room)
    assert given_away == allocate(asked, room)
    by_need = {wish.need_no: wish for wish in asked}
    used: Counter[str] = Counter()
    banks: dict[str, list[str]] = {}
    for need_no, (bank, product) in given_away:
        assert (bank, product) in by_need[need_no].offers
        banks.setdefault(need_no, []).append(bank)
        used[product] += (bank, product) not in by_need[need_no].again
    assert all(len(set(found)) == len(found) <= by_need[no].places for no, found in banks.items())
    assert all(count <= room.get(product, 0) for product, count in used.items())
    for wish in asked:
        if len(banks.get(wish.need_no, [])) < wish.places:
            for bank, product in wish.offers:
                free = (bank, product) in wish.again or used[product] < room.get(product, 0)
                assert bank in banks.get(wish.need_no, []) or not free
