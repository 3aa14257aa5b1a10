"""The letter of intent 增信函 as a PDF to keep; it is no promise of a loan."""

from collections.abc import Iterator
from datetime import datetime, time

from flask import Response

from matchmaker.domain.guarantee_terms import FeePayer
from matchmaker.domain.money import yuan_text
from matchmaker.domain.rate import E6
from matchmaker.domain.text import Lang, Text
from matchmaker.guarantee.cases.queries import Letter, letter_of
from matchmaker.reports.pdf import Paper, Section, draw
from matchmaker.web.guard import action
from matchmaker.web.pages.guarantees.routes import guarantees
from matchmaker.web.view import actor, current_lang, fen_text, money, parts, pct, writing


@guarantees.get("/guarantees/<public_id>/letter.pdf")
@action("guarantees.read")
def letter(public_id: str) -> Response:
    """The letter of an approved guarantee, for the three whose contract it is and the bureau."""
    with writing() as session:  # who read it is written down
        found = letter_of(session, public_id, parts().settings, actor=actor(), now=parts().now())
    answer = Response(draw(_paper(found, current_lang())), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{found.letter_no}.pdf"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _paper(letter: Letter, lang: Lang) -> Paper:
    return Paper(
        title=_TITLE.say(lang),
        number=letter.letter_no,
        sections=(
            Section(_PARTIES.say(lang), tuple(_parties(letter, lang))),
            Section(_TERMS.say(lang), tuple(_terms(letter, lang))),
            Section(_SHARING.say(lang), tuple(_shares(letter, lang))),
        ),
        notes=(_NO_PROMISE.say(lang), _VALID.say(lang, day=letter.valid_to.isoformat())),
        made_at=datetime.combine(letter.issued_on, time(), parts().settings.zone),
        lang=lang,
    )


def _parties(letter: Letter, lang: Lang) -> Iterator[tuple[str, str]]:
    yield Text("企业", "Enterprise").say(lang), f"{letter.enterprise}\n{letter.uscc}"
    yield Text("贷款银行", "Bank").say(lang), letter.bank
    yield Text("担保机构", "Guarantor").say(lang), letter.guarantor


def _terms(letter: Letter, lang: Lang) -> Iterator[tuple[str, str]]:
    yield Text("担保编号", "Guarantee").say(lang), letter.guarantee_no
    yield Text("贷款金额", "Loan").say(lang), _amount(letter.amount_fen, lang)
    yield Text("期限", "Term").say(lang), Text("{n} 个月", "{n} months").say(lang, n=letter.term_months)
    yield Text("担保方案", "Scheme").say(lang), letter.scheme
    yield Text("信用等级", "Grade").say(lang), f"{letter.grade.label.say(lang)}  {letter.rating_no}"
    yield Text("担保费", "Fee").say(lang), _fee(letter, lang)
    yield Text("出具日期", "Issued on").say(lang), letter.issued_on.isoformat()
    yield Text("有效期至", "Valid to").say(lang), letter.valid_to.isoformat()


def _amount(fen: int, lang: Lang) -> str:
    exact = Text("{fen} 元", "CNY {fen}").say(lang, fen=fen_text(fen))
    return exact if lang == "en" else f"{money(fen)}（{exact}）"


def _fee(letter: Letter, lang: Lang) -> str:
    if letter.fee_payer is FeePayer.TREASURY:
        return _FREE.say(lang)
    return _PAID.say(lang, fen=yuan_text(letter.fee_fen))


def _shares(letter: Letter, lang: Lang) -> Iterator[tuple[str, str]]:
    for party, fen in letter.parts.items():
        share = pct(str(letter.shares[party] / E6))
        yield party.label.say(lang), f"{share}    {Text('{fen} 元', 'CNY {fen}').say(lang, fen=fen_text(fen))}"
    yield Text("合计", "Together").say(lang), f"100.00%    {_amount(letter.amount_fen, lang)}"


_TITLE = Text("担保意向函（增信函）", "Letter of intent")
_PARTIES = Text("当事各方", "Parties")
_TERMS = Text("担保条款", "Terms")
_SHARING = Text("风险分担", "Who bears a loss")
_FREE = Text("0.00 元，由财政承担", "CNY 0.00, borne by the treasury")
_PAID = Text("{fen} 元，由企业承担", "CNY {fen}, paid by the enterprise")
_NO_PROMISE = Text("本函不构成放款承诺，是否放款由银行决定。", "This letter is no promise of a loan: the bank decides.")
_VALID = Text(
    "银行在 {day} 及以前放款的，担保按上述条款生效；逾期未放款的，本函失效。",
    "The guarantee takes effect with a drawdown on or before {day}; without one the letter lapses.",
)
