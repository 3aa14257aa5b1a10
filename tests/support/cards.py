"""Closed cases with a known pattern, for the scorecard: older and better graded firms fail less."""

import random
from datetime import date, timedelta
from functools import cache

from matchmaker.domain.text import Text
from matchmaker.scoring.scorecard.card import Plan, Scorecard
from matchmaker.scoring.scorecard.features import Feature
from matchmaker.scoring.scorecard.fitting import Case, fit

GRADES = tuple((code, Text(f"{code}级", f"grade {code}")) for code in "ABMCD")

FEATURES = (
    Feature("age", Text("成立时间", "Age"), "number", 1, unit=Text("个月", "months")),
    Feature("debt", Text("负债", "Debt"), "number", -1),
    Feature("staff", Text("人数", "Staff"), "number"),
    Feature("grade", Text("等级", "Grade"), "ordered", -1, codes=GRADES),
    Feature("trade", Text("行业", "Trade"), "category", codes=(("A", Text("农业", "farming")),)),
)

PLAN = Plan(least_outcomes=5)

TRADES = ("A", "B", "C", "D", "E{x}")


def closed_cases(seed: int, count: int = 400, noise: float = 2.5) -> list[Case]:
    """``count`` cases over three years; now and then a fact is not known; rare trades come up a few times."""
    chance = random.Random(seed)
    return [_case(chance, number, noise) for number in range(count)]


def _case(chance: random.Random, number: int, noise: float) -> Case:
    age, debt, staff = float(chance.randrange(240)), chance.uniform(0, 5), float(chance.randrange(1, 500))
    grade, trade = chance.choice("ABMCD"), chance.choices((*TRADES, f"rare{number % 50}"), (9, 7, 5, 3, 2, 1))[0]
    risk = debt - age / 60 + "ABMCD".index(grade) / 2 + TRADES.index(trade if trade in TRADES else "B") / 3 - 1.5
    row = {"age": age, "debt": debt, "staff": staff, "grade": grade, "trade": trade}
    known = {key: None if chance.random() < 0.05 else value for key, value in row.items()}
    day = date(2021, 1, 1) + timedelta(days=chance.randrange(1000))
    return Case(known, day, risk + chance.gauss(0, noise) > 0)


@cache
def card_of(seed: int) -> Scorecard:
    return fit(closed_cases(seed), FEATURES, name="test", plan=PLAN)
