"""Which passwords are refused, and what is kept of the others (OWASP ASVS 5.0 6.2, 11.4.2)."""

import re

import pytest
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from matchmaker.accounts.passwords import MOST_LENGTH, STRENGTH, Hasher, Strength, require_good, require_same
from matchmaker.domain.errors import RejectedError, UsageError

CHEAP = Hasher(Strength(memory_kib=64, passes=1, lanes=1))
AROUND = ("威海市", "澜汀钓具有限公司", "zhang.wei@lanting.example", "张伟")


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "password_short"),
        ("1234567", "password_short"),
        ("x" * (MOST_LENGTH + 1), "password_long"),
        ("password", "password_common"),
        ("PassWord1", "password_common"),
        ("12345678", "password_common"),
        ("lanting2026", "password_guessed"),
        ("澜汀钓具有限公司88", "password_guessed"),
        ("威海市威海市威海市2026", "password_guessed"),
        ("Weihai2026!", "password_guessed"),
        ("zhang.wei@lanting.example1", "password_guessed"),
        ("matchmaker123", "password_guessed"),
    ],
)
def test_a_password_that_could_be_guessed_is_refused(password: str, code: str) -> None:
    with pytest.raises(RejectedError) as refused:
        require_good(password, context=AROUND)
    assert refused.value.code == code
    assert refused.value.say("zh") and refused.value.say("en")


@pytest.mark.parametrize(
    "password",
    [
        "kvtrqnzw",  # eight small letters: no rule on kinds of characters (6.2.5)
        "a quiet harbour at dawn",
        "静静的港湾在黎明时分",
        "🐟🐠🐡🦈🐙🦑🦐🦀",
        "  spaces around count  ",
        "x7" * (MOST_LENGTH // 2),
        "lanting and some quite other words",
    ],
)
def test_any_other_password_may_be_used(password: str) -> None:
    require_good(password, context=AROUND)


def test_the_three_thousand_most_common_passwords_of_sufficient_length_are_refused() -> None:
    tried = [word for word in FREQUENCY_LISTS["passwords"] if len(word) >= 8][:3000]
    assert len(tried) == 3000
    for word in tried:
        with pytest.raises(RejectedError):
            require_good(word)


def test_two_passwords_that_differ_are_refused() -> None:
    require_same("one", "one")
    with pytest.raises(UsageError):
        require_same("one", "One")


@pytest.mark.parametrize("length", [8, 64, 72, 127])
def test_no_character_is_cut_off(length: int) -> None:
    kept = CHEAP.hash("q" * length)
    assert CHEAP.check(kept, "q" * length)
    assert not CHEAP.check(kept, "q" * (length + 1))
    assert not CHEAP.check(kept, "q" * (length - 1) + "Q")


def test_the_kept_string_names_parameters_that_owasp_asks_for() -> None:
    found = re.match(r"\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$", Hasher().hash("whatever it is"))
    assert found is not None
    memory, passes, lanes = map(int, found.groups())
    assert (memory, passes, lanes) == (STRENGTH.memory_kib, STRENGTH.passes, STRENGTH.lanes)
    assert (memory >= 19 * 1024 and passes >= 2) or memory >= 46 * 1024


def test_a_hash_of_other_parameters_is_to_be_renewed() -> None:
    kept = CHEAP.hash("whatever it is")
    assert not CHEAP.is_weaker(kept)
    assert Hasher(Strength(memory_kib=128, passes=1, lanes=1)).is_weaker(kept)


def test_somebody_without_a_password_costs_a_check_and_is_refused() -> None:
    before = CHEAP.checks
    assert not CHEAP.check(None, "the password of somebody who does not exist")
    assert not CHEAP.check("no hash at all", "x")
    assert CHEAP.checks == before + 2
