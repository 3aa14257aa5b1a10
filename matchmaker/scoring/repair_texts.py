"""Repairs in words: one phrase for each move, one sentence for each set."""

from typing import Any

from matchmaker.domain.terms import SizeClass, TaxGrade
from matchmaker.domain.text import Text
from matchmaker.scoring.moves import Move, MoveKind, Repair
from matchmaker.scoring.wording import Words, sentence

SUPPLY = Text("补充{fact}", "state the {fact}")
SUPPLY_IF = Text("补充{fact}（如{condition}）", "state the {fact} (if it is {condition})")
SUPPLY_FIRST_LOAN = Text("确认首贷户身份（如是首贷户）", "confirm your borrowing history (if you have never borrowed)")
CHANGE_AMOUNT = Text("把融资金额改为 {value}", "change the amount to {value}")
CHANGE_TERM = Text("把融资期限改为 {value}", "change the term to {value}")
ACCEPT_RATE = Text("接受 {value} 的年利率", "accept an annual rate of {value}")
ADD_SECURITY = Text("增加担保：{value}", "add security: {value}")
WITHIN_GUARANTEE = Text(
    "把融资金额改为 {value}（政府性担保的上限）", "change the amount to {value} (the most of the public guarantee)"
)
PUBLIC_GUARANTEE = Text(
    "先取得信用评级（评为 {value}即可），再申请政府性担保",
    "be rated (grade {value} will do), then apply for the public guarantee",
)
WAIT = Text("等到 {value}", "wait until {value}")

AT_LEAST = Text("不低于 {low}", "at least {low}")
AT_MOST = Text("不高于 {high}", "at most {high}")
BETWEEN = Text("不低于 {low}、不高于 {high}", "at least {low} and at most {high}")
NOT_LATER = Text("不晚于 {high}", "no later than {high}")
IT_IS = Text("属于：{values}", "{values}")
ONE_OF = Text("属于其中之一：{values}", "one of: {values}")
GRADE = Text("为 {values}", "{values}")
SIZE_BY_IT = Text("据此划型为{values}", "one by which the size is {values}")
ANY_ONE = Text("{values}（任一种）", "one of {values}")

TOGETHER = Text("{moves}，即符合", "{moves}: then it fits")
AND = Text("，并", ", and ")


def move_text(move: Move, words: Words) -> str:
    """One move, without a capital or a full stop; a supplied fact says with which values it would pass."""
    if move.kind == "supply_fact":
        return _supply(move, words)
    if move.kind == "change_amount" and move.any_of:
        return words.say(WITHIN_GUARANTEE, value=_value(move, words))
    return words.say(PATTERNS[move.kind], value=_value(move, words))


def repair_text(repair: Repair, words: Words) -> str:
    """The whole set as one sentence."""
    moves = words.say(AND).join(move_text(move, words) for move in repair.moves)
    return sentence(words.say(TOGETHER, moves=moves))


def repair_json(repair: Repair, words: Words) -> dict[str, Any]:
    """Section 4's object, and ``text``, the set as one sentence."""
    return {
        "moves": [move.to_json() for move in repair.moves],
        "verdict_after": repair.verdict_after.value,
        "text": repair_text(repair, words),
    }


PATTERNS: dict[MoveKind, Text] = {
    "change_amount": CHANGE_AMOUNT,
    "change_term": CHANGE_TERM,
    "accept_rate": ACCEPT_RATE,
    "add_security": ADD_SECURITY,
    "public_guarantee": PUBLIC_GUARANTEE,
    "wait_until": WAIT,
}


def _value(move: Move, words: Words) -> str:
    if move.kind == "change_amount":
        return words.amount(move.to)
    if move.kind == "change_term":
        return words.months(move.to)
    if move.kind == "accept_rate":
        return words.percent(move.to.pct_e6)
    if move.kind == "add_security":
        return _any_one(move, words)
    if move.kind == "public_guarantee":
        return words.either(words.code(grade) for grade in move.any_of)
    return str(move.on)


def _any_one(move: Move, words: Words) -> str:
    values = words.codes(move.any_of)
    return words.say(ANY_ONE, values=values) if len(move.any_of) > 1 else values


def _supply(move: Move, words: Words) -> str:
    if move.field == "is_first_loan":
        return words.say(SUPPLY_FIRST_LOAN)
    condition, fact = _condition(move, words), words.fact(move.field)
    return words.say(SUPPLY_IF, fact=fact, condition=condition) if condition else words.say(SUPPLY, fact=fact)


def _condition(move: Move, words: Words) -> str:
    """With which values the fact would pass; empty where any would."""
    if move.field == "founded_on":
        return words.say(NOT_LATER, high=move.high)
    if move.field == "tax_grade":
        grades: tuple[TaxGrade, ...] = move.any_of
        return words.say(GRADE, values=words.grades(grades))
    if move.any_of:
        several = ONE_OF if len(move.any_of) > 1 else IT_IS
        pattern = SIZE_BY_IT if isinstance(move.any_of[0], SizeClass) else several
        return words.say(pattern, values=words.codes(move.any_of, move.field))
    low, high = (None if bound is None else words.number(move.field, bound) for bound in (move.low, move.high))
    if low is None and high is None:
        return ""
    pattern = BETWEEN if low and high else AT_LEAST if low else AT_MOST
    return words.say(pattern, low=low, high=high)
