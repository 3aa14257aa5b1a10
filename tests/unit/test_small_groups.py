"""What a total would tell of a group too small to be told is kept back too (EXPERIENCE.md, G-8)."""

from matchmaker.reports.coverage import Group, companions


def groups(*sizes: int, chain: str = "A") -> dict[tuple[str | None, str | None], Group]:
    return {(chain, str(place)): Group(size, size, size) for place, size in enumerate(sizes)}


def test_beside_the_only_small_group_the_next_smallest_goes_untold() -> None:
    assert companions(groups(9, 3, 6, 8)) == {("A", "2")}


def test_two_small_groups_hide_each_other_and_none_hides_nothing() -> None:
    assert companions(groups(9, 3, 4)) == set() == companions(groups(9, 7)) == companions(groups(2))


def test_each_chain_is_looked_at_by_itself() -> None:
    assert companions(groups(3, 9) | groups(4, 2, 9, chain="B")) == {("A", "1")}
