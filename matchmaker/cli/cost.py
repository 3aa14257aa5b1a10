"""``flask cost``: what a loan costs, as a table for people or one JSON document."""

import json
import re
import unicodedata
from decimal import Decimal

import click

from matchmaker.cli.base import Command, current_lang
from matchmaker.domain.errors import UsageError
from matchmaker.domain.money import FEN_PER_WAN, MAX_FEN, amount_text, plain
from matchmaker.domain.rate import E6
from matchmaker.domain.terms import Repayment
from matchmaker.domain.text import Lang, Text
from matchmaker.scoring.cost import MAX_MONTHS, Cost, CostTerms, cost_of

_PLAIN_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_HUNDRED_PCT = 100 * E6


@click.command("cost", cls=Command)
@click.option("--amount-wan", required=True, help="贷款金额（万元） loan amount in 10,000 yuan")
@click.option("--rate-pct", required=True, help="年利率（%） annual rate in percent")
@click.option("--months", required=True, help="期限（月） term in months")
@click.option("--repayment", required=True, help="还款方式 " + "、".join(f"{r.value} {r.label.zh}" for r in Repayment))
@click.option("--fee-pct", default="0", help="一次性费用（%） fee on day 0, percent of the principal")
@click.option("--fee-pct-per-year", default="0", help="年费（%） yearly fee, percent of the original principal")
@click.option("--subsidy-pct", default="0", help="贴息（百分点/年） interest subsidy, percentage points a year")
@click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 文档 print one JSON document")
def cost_command(
    amount_wan: str,
    rate_pct: str,
    months: str,
    repayment: str,
    fee_pct: str,
    fee_pct_per_year: str,
    subsidy_pct: str,
    as_json: bool,
) -> None:
    """测算贷款的综合融资成本。All-in cost of a loan: schedule, totals, annual rates before and after a subsidy.

    \b
    flask cost --amount-wan 800 --rate-pct 3.45 --months 12 --repayment INTEREST_ONLY --fee-pct 0.5
    flask cost --amount-wan 100 --rate-pct 3.6 --months 24 --repayment 等额本息 --subsidy-pct 1 --json
    """
    terms = CostTerms(
        amount_fen=_scaled("--amount-wan", amount_wan, FEN_PER_WAN, at_least=1, at_most=MAX_FEN),
        rate_pct_e6=_scaled("--rate-pct", rate_pct, E6, at_most=_HUNDRED_PCT),
        months=_scaled("--months", months, 1, at_least=1, at_most=MAX_MONTHS),
        repayment=_repayment(repayment),
        fee_pct_e6=_scaled("--fee-pct", fee_pct, E6, at_most=_HUNDRED_PCT),
        fee_pct_per_year_e6=_scaled("--fee-pct-per-year", fee_pct_per_year, E6, at_most=_HUNDRED_PCT),
        subsidy_pct_e6=_scaled("--subsidy-pct", subsidy_pct, E6, at_most=_HUNDRED_PCT),
    )
    cost = cost_of(terms)
    if as_json:
        click.echo(json.dumps(cost.to_json(), ensure_ascii=False, indent=2))
    else:
        click.echo(cost_table(terms, cost, current_lang()))


def cost_table(terms: CostTerms, cost: Cost, lang: Lang) -> str:
    """Cost ladder, annual rates and schedule as plain text; the last line says what the figures are not."""
    head = _HEAD.say(
        lang,
        amount=amount_text(terms.amount_fen, lang),
        months=terms.months,
        repayment=terms.repayment.label,
        rate=plain(Decimal(terms.rate_pct_e6) / E6),
    )
    ladder = [
        ["", _YUAN.say(lang)],
        [_INTEREST.say(lang), _money(cost.interest_fen)],
        [_FEES.say(lang), _money(cost.fees_fen)],
        [_TOTAL_BEFORE.say(lang), _money(cost.total_before_subsidy_fen)],
        [_SUBSIDY.say(lang), _money(-cost.subsidy_fen)],
        [_TOTAL.say(lang), _money(cost.total_fen)],
    ]
    rates = [
        ["", _BEFORE.say(lang), _AFTER.say(lang)],
        [_SIMPLE.say(lang), f"{cost.simple_pct}%", f"{cost.simple_pct_after_subsidy}%"],
        [_COMPOUND.say(lang), f"{cost.compound_pct}%", f"{cost.compound_pct_after_subsidy}%"],
    ]
    schedule = [[column.say(lang) for column in _COLUMNS]] + [
        [
            str(row.period),
            _money(row.principal_fen),
            _money(row.interest_fen),
            _money(row.fee_fen),
            _money(row.subsidy_fen),
            _money(row.payment_fen),
            _money(row.outstanding_fen),
        ]
        for row in cost.schedule
    ]
    return "\n\n".join([head, _aligned(ladder), _aligned(rates), _aligned(schedule), _CAUTION.say(lang)])


def _scaled(option: str, text: str, scale: int, *, at_least: int = 0, at_most: int) -> int:
    """A plain decimal number times ``scale`` as an exact integer within bounds; UsageError otherwise."""
    if not _PLAIN_NUMBER.fullmatch(text) or len(text) > 30:
        raise UsageError(_NOT_A_NUMBER, code="not_a_number", option=option, given=text)
    number = Decimal(text) * scale
    if number != int(number):
        places = len(str(scale)) - 1
        raise UsageError(_TOO_FINE, code="too_precise", option=option, given=text, places=places)
    if not at_least <= number <= at_most:
        low, high = (plain(Decimal(bound) / scale) for bound in (at_least, at_most))
        raise UsageError(_OUT_OF_RANGE, code="out_of_range", option=option, given=text, low=low, high=high)
    return int(number)


def _repayment(text: str) -> Repayment:
    wanted = unicodedata.normalize("NFKC", text).strip()
    for repayment in Repayment:
        if wanted.upper() == repayment.value or wanted == repayment.label.zh:
            return repayment
    choices = ", ".join(f"{repayment.value} ({repayment.label.zh})" for repayment in Repayment)
    raise UsageError(_UNKNOWN_REPAYMENT, code="unknown_code", given=text, choices=choices)


def _money(fen: int) -> str:
    return f"{Decimal(fen) / 100:,.2f}"


def _aligned(rows: list[list[str]]) -> str:
    """First column to the left, the others to the right; a Chinese character is two columns wide."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        cells = [first + " " * (widths[0] - _width(first))]
        cells += [" " * (width - _width(cell)) + cell for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


_NOT_A_NUMBER = Text(
    "{option} 须为不带符号和单位的数字，例如 800 或 3.45，收到的是“{given}”",
    "{option} must be a plain number such as 800 or 3.45, without sign or unit; got '{given}'",
)
_TOO_FINE = Text(
    "{option} 的小数位数最多 {places} 位，收到的是“{given}”",
    "{option} takes at most {places} decimal places; got '{given}'",
)
_OUT_OF_RANGE = Text(
    "{option} 须在 {low} 至 {high} 之间，收到的是“{given}”", "{option} must be from {low} to {high}; got '{given}'"
)
_UNKNOWN_REPAYMENT = Text(
    "--repayment 没有“{given}”这种还款方式，可选：{choices}",
    "--repayment knows no '{given}'; choose one of {choices}",
)
_HEAD = Text(
    "{amount} · {months} 个月 · {repayment} · 年利率 {rate}%",
    "{amount} · {months}-month term · {repayment} · {rate}% a year",
)
_YUAN = Text("元", "CNY")
_INTEREST = Text("利息", "Interest")
_FEES = Text("费用", "Fees")
_TOTAL_BEFORE = Text("贴息前合计", "Total before subsidy")
_SUBSIDY = Text("贴息", "Subsidy")
_TOTAL = Text("贴息后合计", "Total after subsidy")
_BEFORE = Text("贴息前", "before subsidy")
_AFTER = Text("贴息后", "after subsidy")
_SIMPLE = Text("年化综合成本（单利）", "All-in annual cost (simple)")
_COMPOUND = Text("年化综合成本（复利）", "All-in annual cost (compound)")
_COLUMNS = (
    Text("期", "Period"),
    Text("本金", "Principal"),
    Text("利息", "Interest"),
    Text("费用", "Fee"),
    Text("贴息", "Subsidy"),
    Text("净支出", "Net payment"),
    Text("未还本金", "Outstanding"),
)
_CAUTION = Text(
    "贴息由财政支付，不是贷款的条件。估算不构成贷款承诺，以银行《企业贷款综合融资成本清单》为准。",
    "A subsidy is paid by the treasury and is no term of the loan. "
    "This is an estimate, not a promise of credit; the bank's own cost statement counts.",
)
