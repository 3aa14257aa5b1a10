"""One sentence for each component of the score, in both languages: what it looked at and why it earned what it did."""

from decimal import ROUND_HALF_UP, Decimal

from matchmaker.domain.money import amount_text, plain
from matchmaker.domain.text import Text
from matchmaker.scoring.prepared import (
    NO_BOUND_MONTHS,
    NO_BOUND_YUAN,
    UNSTATED_DAYS,
    UNSTATED_E6,
    NeedOn,
    ProductOn,
)
from matchmaker.scoring.text import similarity_e6

CENT = Decimal("0.01")


def rate(need: NeedOn, product: ProductOn, tenths: int) -> Text:
    """The middle of the rate range for the need's own term."""
    twice = product.twice_middle_long_e6 if need.is_long_term else product.twice_middle_short_e6
    if twice == UNSTATED_E6:
        return Text("产品未写明年利率，此项不计分", "The product states no annual rate: no points")
    return _filled(
        Text(
            "年利率区间中点 {rate}%（2.5% 及以下得满分，7.5% 及以上不得分）",
            "Middle of the rate range {rate}% (all points at 2.5% and below, none at 7.5% and above)",
        ),
        rate=_percent(Decimal(twice) / 2),
    )


def fee(need: NeedOn, product: ProductOn, tenths: int) -> Text:
    """The one-off fee, spread over the need's term."""
    if product.fee_e6 == UNSTATED_E6:
        return Text("产品未写明一次性费用，此项不计分", "The product states no one-off fee: no points")
    return _filled(
        Text(
            "一次性费用 {fee}%，按 {months} 个月折合每年 {yearly}%",
            "One-off fee {fee}%, {yearly}% a year over the term (months: {months})",
        ),
        fee=_percent(Decimal(product.fee_e6)),
        months=need.term,
        yearly=_percent(Decimal(12 * product.fee_e6) / need.term),
    )


def speed(need: NeedOn, product: ProductOn, tenths: int) -> Text:
    """Days to a decision."""
    if product.decision_days == UNSTATED_DAYS:
        return Text("产品未写明审批天数，此项不计分", "The product states no time to a decision: no points")
    return _filled(Text("审批约 {days} 天", "Days to a decision: about {days}"), days=product.decision_days)


def amount(need: NeedOn, product: ProductOn, tenths: int) -> Text:
    """How far the longest reach of the product lies above the amount."""
    if product.amount_max_yuan == NO_BOUND_YUAN:
        return Text("产品未设最高额度", "The product sets no highest amount")
    highest = product.amount_max_yuan * 100
    return Text(
        f"最高额度 {amount_text(highest, 'zh')}，达到所需金额两倍得满分",
        f"Highest amount {amount_text(highest, 'en')}; twice what is needed earns all points",
    )


def term(need: NeedOn, product: ProductOn, tenths: int) -> Text:
    """How far the longest term lies above the need's."""
    if product.term_max == NO_BOUND_MONTHS:
        return Text("产品未设最长期限", "The product sets no longest term")
    return _filled(
        Text(
            "最长期限 {longest} 个月，比所需多 {room} 个月，多 12 个月得满分",
            "Longest term in months: {longest}, {room} more than needed; 12 more earn all points",
        ),
        longest=product.term_max,
        room=product.term_max - need.term,
    )


def chain(need: NeedOn, product: ProductOn, tenths: int) -> Text:
    """Made for the need's own chain, or for all."""
    if product.has_own_chains:
        return Text("产品专为您所在的产业链设计", "The product is made for your industrial chain")
    return Text("产品面向所有产业链", "The product is for all industrial chains")


def security(need: NeedOn, product: ProductOn, tenths: int) -> Text:
    """Whether anything has to be given as security."""
    if product.security_ease > 1:
        return Text("可用信用方式，无需提供担保", "Available unsecured")
    if not product.security:
        return Text(
            "产品未写明担保方式，按需提供担保计分", "The product states no security: counted as if some were needed"
        )
    return Text("需提供担保，您可提供的方式符合要求", "Security is needed; what you offer is accepted")


def repayment(need: NeedOn, product: ProductOn, tenths: int) -> Text:
    """Whether the need's wish can be met."""
    if need.facts is None or need.facts.repayment is None:
        return Text("您对还款方式没有特别要求", "You have no wish as to repayment")
    wish = need.facts.repayment.label
    if tenths:
        return _filled(Text("可按您希望的{wish}还款", "Repayment as you wish: {wish}"), wish=wish)
    if not product.facts.repayment:
        return Text("产品未写明还款方式，此项不计分", "The product states no way of repayment: no points")
    return _filled(Text("不支持您希望的{wish}", "Repayment by {wish} is not offered"), wish=wish)


def text(need: NeedOn, product: ProductOn, tenths: int) -> Text:
    """How alike the descriptions are."""
    alike = similarity_e6(need.text, product.text)
    if not alike:
        return Text("需求与产品说明没有相近的用语", "The descriptions of need and product share no terms")
    return _filled(
        Text(
            "需求与产品说明的相近程度为 {alike}%，达到 50% 得满分",
            "The descriptions of need and product are {alike}% alike; 50% earns all points",
        ),
        alike=min(100, (alike + 5_000) // 10_000),
    )


def _filled(pattern: Text, **values: object) -> Text:
    return Text(pattern.say("zh", **values), pattern.say("en", **values))


def _percent(e6: Decimal) -> str:
    return plain((e6 / 1_000_000).quantize(CENT, ROUND_HALF_UP))
