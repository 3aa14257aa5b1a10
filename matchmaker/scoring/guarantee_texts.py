"""The public guarantee in words: under which terms it can be had, why it cannot, and what it costs."""

from typing import Any

from matchmaker.domain.money import yuan_text
from matchmaker.domain.rate import E6
from matchmaker.domain.text import Text
from matchmaker.scoring.public_guarantee import Availability, Why
from matchmaker.scoring.schemes import Cover
from matchmaker.scoring.wording import Words

COVER = Text("{scheme}，{grade}，最高 {most}", "{scheme}, grade {grade}, up to {most}")
WITH_COVER = Text("保证（政府性担保，最高 {most}）", "guaranty (public, up to {most})")
NOT_TO_BE_HAD = Text("；政府性担保暂不可用：{why}", "; the public guarantee is not available yet: {why}")

WHY: dict[Why, Text] = {
    Why.NO_SCHEME: Text("目前没有启用的担保方案", "no guarantee scheme is in use"),
    Why.OUTSIDE: Text(
        "担保方案不包括您所在的区域或产业链", "the schemes are not for your area or your industrial chain"
    ),
    Why.NOT_RATED: Text("还没有信用评级", "you are not rated yet"),
    Why.EXPIRED: Text("信用评级已于 {day} 到期，需重新评级", "your rating ended on {day}; be rated again"),
    Why.GRADE: Text("担保方案不包括信用等级 {grade}", "the schemes do not cover grade {grade}"),
    Why.ABOVE: Text("{grade}最高 {most}", "up to {most} with grade {grade}"),
}

FREE = Text("担保费 0.00 元，由财政承担", "guarantee fee CNY 0.00: the treasury bears it")
PAID = Text(
    "担保费每年 {rate}，共 {fee} 元，由企业承担", "guarantee fee {rate} a year, CNY {fee} in all, which you pay"
)
RESTS_ON = Text("担保用政府性担保（{scheme}）：{fee}", "secured by the public guarantee ({scheme}): {fee}")
TOO_LONG = Text(
    "担保方案最长 {most}，您需要 {months}；超出的部分由担保机构另行审批",
    "the guarantee scheme covers at most {most} and you need {months}; the guarantor decides on a longer term",
)
OTHER_BANKS = Text(
    "这家银行还不是担保方案的合作银行，申请前与担保机构确认",
    "this bank is not among those the guarantee scheme works with; ask the guarantor before you apply",
)
COLLATERAL = Text("担保机构要求反担保：{what}", "the guarantor asks for a counter-guarantee: {what}")


def cover_text(cover: Cover, words: Words) -> str:
    """Scheme, grade and the most that is covered."""
    return words.say(COVER, **_terms(cover.scheme.name, cover.standing.grade, cover.terms.amount_max_fen, words))


def why_text(found: Availability, words: Words) -> str:
    """The one reason why the guarantee cannot be had; for an availability without a cover."""
    assert found.why is not None
    standing = found.standing
    return words.say(
        WHY[found.why],
        day=standing and standing.valid_to,
        grade=words.code(standing.grade) if standing else "",
        most=words.amount(found.amount_max_fen or 0),
    )


def fee_text(cover: Cover, fee_fen: int, words: Words) -> str:
    """What the enterprise pays for it, never blank (EXPERIENCE.md U-5)."""
    if not cover.scheme.own_fee_e6:
        return words.say(FREE)
    return words.say(PAID, rate=words.percent(cover.scheme.own_fee_e6), fee=yuan_text(fee_fen))


def fee_note(cover: Cover, fee_fen: int) -> Text:
    """The guarantee that a match rests on and its fee, in both languages."""
    zh, en = Words("zh"), Words("en")
    return Text(
        RESTS_ON.say("zh", scheme=cover.scheme.name, fee=fee_text(cover, fee_fen, zh)),
        RESTS_ON.say("en", scheme=cover.scheme.name, fee=fee_text(cover, fee_fen, en)),
    )


def _terms(scheme: str, grade: Any, most: int, words: Words) -> dict[str, str]:
    return {"scheme": scheme, "grade": words.code(grade), "most": words.amount(most)}


def guarantee_json(cover: Cover, fee_fen: int, words: Words) -> dict[str, Any]:
    """``guarantee`` of an explanation's cost: the terms, who pays, and ``fee``, what the enterprise pays in yuan."""
    scheme, terms, standing = cover.scheme, cover.terms, cover.standing
    return {
        "scheme_code": scheme.scheme_code,
        "name": scheme.name,
        "guarantor": scheme.org_code,
        "grade": standing.grade.value,
        "rating_no": standing.rating_no,
        "rating_valid_to": standing.valid_to.isoformat(),
        "amount_max": yuan_text(terms.amount_max_fen),
        "shares_pct": {
            name: f"{getattr(terms, f'{name}_e6') / E6:g}" for name in ("guarantor", "bank", "reguarantor", "treasury")
        },
        "fee_payer": scheme.fee_payer.value,
        "fee_pct_per_year": words.percent(scheme.fee_e6).rstrip("%"),
        "fee": yuan_text(fee_fen),
        "text": fee_text(cover, fee_fen, words),
    }
