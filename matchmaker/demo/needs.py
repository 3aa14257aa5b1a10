"""Sample financing needs: what firms of a chain borrow for, in amounts that fit their turnover."""

from datetime import date, timedelta
from random import Random

from matchmaker.demo.enterprises import chance, spread
from matchmaker.demo.rows import Row, row
from matchmaker.demo.trades import BY_CHAIN, Trade
from matchmaker.domain.terms import Purpose, Repayment, Security

GAP_NEEDS = 5
"""So many tackle firms ask for a loan on their patents that no bank of the city offers them."""

_PURPOSES = (
    (Purpose.WORKING_CAPITAL, 42, (6, 12, 12, 12, 24)),
    (Purpose.FIXED_ASSET, 13, (36, 36, 48, 60, 84)),
    (Purpose.TECH_UPGRADE, 13, (24, 36, 36, 60)),
    (Purpose.RND, 10, (12, 24, 36)),
    (Purpose.ORDER, 13, (3, 6, 6, 9)),
    (Purpose.REFINANCING, 9, (12, 12, 24)),
)
"""Purpose, weight, usual terms in months."""
_OFFERS = (
    ((Security.CREDIT,), 22),
    ((Security.GUARANTEE,), 16),
    ((Security.MORTGAGE,), 17),
    ((Security.GUARANTEE, Security.MORTGAGE), 12),
    ((Security.RECEIVABLES,), 9),
    ((Security.PLEDGE,), 4),
    ((Security.IP_PLEDGE, Security.CREDIT), 6),
    ((Security.NONE,), 7),
    ((), 10),
)
_AMOUNTS = (10, 20, 30, 50, 80, 100, 150, 200, 300, 500, 800, 1000, 1500, 2000, 3000, 5000, 8000)
_WORDS = {
    Purpose.WORKING_CAPITAL: (
        "采购{material}，备足下一季{good}的原料，销售回款后归还。",
        "{good}进入旺季，需垫付{material}货款和工资，账期约九十天。",
        "春节前集中备料，主要购买{material}，用于{good}生产。",
    ),
    Purpose.FIXED_ASSET: ("新建{good}车间并购置{equipment}，厂房主体已封顶。", "购置{equipment}两套，扩大{good}产能。"),
    Purpose.TECH_UPGRADE: (
        "对现有{good}产线做自动化改造，更换{equipment}，预计能耗下降一成五。",
        "引进{equipment}替换旧设备，提升{good}良品率。",
    ),
    Purpose.RND: ("用于{topic}的研发投入，已有样品，正在做客户验证。", "{topic}中试阶段的材料、检测与人员费用。"),
    Purpose.ORDER: ("已签出口{good}订单，需先行采购{material}，交货后回款。", "中标一批{good}供货合同，按期备料生产。"),
    Purpose.REFINANCING: ("存量贷款下月到期，经营正常，希望续贷不断档。", "归还到期贷款并续做，{good}业务订单稳定。"),
}
_SERVICE_WORDS = {
    Purpose.WORKING_CAPITAL: ("{good}进入旺季，需垫付{material}款和司机工资，账期约六十天。",),
    Purpose.FIXED_ASSET: ("购置{equipment}一批，扩大{good}能力。",),
    Purpose.TECH_UPGRADE: ("更换老旧{equipment}，降低{good}能耗和货损。",),
    Purpose.RND: ("用于{topic}的研发投入，已在两条线路试用。",),
    Purpose.ORDER: ("中标一年期{good}合同，需先行备车备料。",),
    Purpose.REFINANCING: _WORDS[Purpose.REFINANCING],
}
"""For firms in no chain, which carry and store instead of making."""


def need_no(submitted: date, number: int) -> str:
    """The number of a need: ``XQ-20261118-0012``."""
    return f"XQ-{submitted:%Y%m%d}-{number:04d}"


def need_rows(rng: Random, on: date, enterprises: list[Row], count: int, first: int) -> list[Row]:
    """``count`` needs of ``enterprises``, numbered from ``first``: gaps of the tackle chain, then everyone's.

    Submitted in the last eight weeks; one in ten is past its latest funding day. A firm has seldom two needs.
    """
    tackle = [firm for firm in enterprises if firm["chain_code"] == "TACKLE"][:GAP_NEEDS]
    rows = [_gap(rng, on, firm, first + place) for place, firm in enumerate(tackle)]
    others = [firm for firm in enterprises if firm not in tackle]
    firms = rng.sample(others, min(len(others), count - len(rows)))
    again = max(1, len(firms) // 20)
    firms[-again:] = firms[:again]
    for firm in firms:
        rows.append(_need(rng, on, firm, first + len(rows)))
    return rows


def _need(rng: Random, on: date, firm: Row, number: int) -> Row:
    purpose, _, terms = rng.choices(_PURPOSES, [weight for _, weight, _ in _PURPOSES])[0]
    submitted = on - timedelta(days=round(spread(rng, 1, 57)) - 1)
    offered = rng.choices([offer for offer, _ in _OFFERS], [weight for _, weight in _OFFERS])[0]
    return row(
        "needs",
        need_no=need_no(submitted, number),
        uscc=firm["uscc"],
        amount_wan=_amount(rng, firm, purpose),
        term_months=rng.choice(terms),
        purpose=purpose,
        latest_funding_on=_latest(rng, on, submitted),
        max_rate_pct=None if chance(rng, 55) else f"{rng.randrange(330, 521, 5) / 100:.2f}",
        security_offered=offered,
        repayment=None if chance(rng, 45) else rng.choice(tuple(Repayment)),
        banks_at_a_time=rng.choice((None, None, 1, 2, 3)),
        submitted_on=submitted,
        description=describe(rng, BY_CHAIN[firm["chain_code"]], purpose) if chance(rng, 88) else None,
    )


def _amount(rng: Random, firm: Row, purpose: Purpose) -> int:
    """The usual sum nearest to a share of the yearly revenue; plant costs more than stock."""
    revenue = int(firm["revenue_wan"] or 800)
    share = rng.uniform(0.12, 0.5) if purpose in (Purpose.FIXED_ASSET, Purpose.TECH_UPGRADE) else rng.uniform(0.05, 0.3)
    wanted = revenue * share
    return min(_AMOUNTS, key=lambda usual: abs(usual - wanted))


def _latest(rng: Random, on: date, submitted: date) -> date | None:
    if chance(rng, 20):
        return None
    if chance(rng, 12):
        return max(submitted, on - timedelta(days=rng.randint(1, 12)))
    return on + timedelta(days=rng.randint(10, 150))


def _gap(rng: Random, on: date, firm: Row, number: int) -> Row:
    submitted = on - timedelta(days=rng.randint(3, 25))
    return row(
        "needs", need_no=need_no(submitted, number), uscc=firm["uscc"], amount_wan=3000, term_months=60,
        purpose=Purpose.RND, latest_funding_on=on + timedelta(days=rng.randint(60, 120)), max_rate_pct="3.60",
        security_offered=Security.IP_PLEDGE, repayment=Repayment.INTEREST_ONLY, submitted_on=submitted,
        description=f"以发明专利质押，{describe(rng, BY_CHAIN['TACKLE'], Purpose.RND)}",
    )  # fmt: skip


def describe(rng: Random, trade: Trade, purpose: Purpose) -> str:
    """One sentence of what the money is for; names no enterprise."""
    words = _WORDS if trade.chain_code else _SERVICE_WORDS
    return rng.choice(words[purpose]).format(
        good=rng.choice(trade.goods), material=rng.choice(trade.materials),
        equipment=rng.choice(trade.equipment), topic=rng.choice(trade.topics),
    )  # fmt: skip
