"""All-in cost of a product for a need: the loan alone, the one best subsidy beside it, and what had to be assumed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from matchmaker.domain.money import plain, yuan_text
from matchmaker.domain.rate import E6
from matchmaker.domain.terms import Repayment
from matchmaker.domain.text import Lang, Text
from matchmaker.scoring.cost import Cost, CostTerms, cost_of, fees_fen
from matchmaker.scoring.facts import Need, Policy, Product
from matchmaker.scoring.guarantee_texts import COLLATERAL, OTHER_BANKS, TOO_LONG, guarantee_json
from matchmaker.scoring.irr import NoCostError
from matchmaker.scoring.schemes import Cover
from matchmaker.scoring.subsidy import Subsidy, best_subsidy
from matchmaker.scoring.wording import Words


@dataclass(frozen=True, slots=True)
class Note:
    """Something the reader has to know about the figures: an assumption, or why there are none."""

    code: str
    text: Text

    def to_json(self, lang: Lang) -> dict[str, str]:
        """``{"code", "text"}`` in one language."""
        return {"code": self.code, "text": self.text.say(lang)}


@dataclass(frozen=True, slots=True)
class Figures:
    """One side of the statement: the sum in fen and the annual rates in percent."""

    total_fen: int
    simple_pct: Decimal
    compound_pct: Decimal


@dataclass(frozen=True, slots=True)
class Guaranteed:
    """The public guarantee that the security rests on; ``fee_fen``: what the enterprise pays for it, in the fees."""

    cover: Cover
    fee_fen: int


@dataclass(frozen=True, slots=True)
class MatchCost:
    """Cost of one product for one need at one rate. ``cost`` is None where it is unknown; ``reason`` says why."""

    amount_fen: int
    months: int
    rate_pct_e6: int | None
    repayment: Repayment
    cost: Cost | None
    subsidy: Subsidy | None
    assumptions: tuple[Note, ...]
    reason: Note | None
    guarantee: Guaranteed | None = None

    @property
    def before(self) -> Figures | None:
        """The loan alone, as the bank offers it."""
        cost = self.cost
        return Figures(cost.total_before_subsidy_fen, cost.simple_pct, cost.compound_pct) if cost else None

    @property
    def after(self) -> Figures | None:
        """With the subsidy of ``subsidy.policy``; None where no policy pays one."""
        cost = self.cost
        if cost is None or self.subsidy is None:
            return None
        return Figures(cost.total_fen, cost.simple_pct_after_subsidy, cost.compound_pct_after_subsidy)

    def to_json(self, lang: Lang) -> dict[str, object]:
        """An object of the explanation's ``cost``: the keys of ``flask cost`` without the schedule, and their grounds.

        Without a cost the figures are absent and ``reason`` says why.
        """
        rate = None if self.rate_pct_e6 is None else plain(Decimal(self.rate_pct_e6) / E6)
        cost, policy = self.cost, self.subsidy.policy if self.subsidy else None
        borne = self.guarantee
        separate = {"total_before_subsidy": yuan_text(cost.total_before_subsidy_fen)} if cost else {}
        return {
            "amount": yuan_text(self.amount_fen),
            "months": self.months,
            "rate_pct": rate,
            "repayment": self.repayment.value,
            **(cost.figures() if cost else {}),
            **separate,
            "policy": {"policy_no": policy.policy_no, "title": policy.title} if policy else None,
            "guarantee": borne and guarantee_json(borne.cover, borne.fee_fen, Words(lang)),
            "assumptions": [note.to_json(lang) for note in self.assumptions],
            "reason": self.reason and self.reason.to_json(lang),
        }


def cost_on_match(
    need: Need, product: Product, rate_pct_e6: int | None, policies: Sequence[Policy], cover: Cover | None = None
) -> MatchCost:
    """The cost of ``product`` for the amount and term of ``need`` at ``rate_pct_e6`` (None: not known on that day).

    ``policies`` are those that apply to the need; the one that pays most is used, never a sum. A blank fee counts as
    nothing and is named among the assumptions, as is a repayment that nobody has stated. ``cover``: the public
    guarantee that the security rests on; what the enterprise pays for it a year on the original principal is among the
    fees. Never raises: terms without a cost come back with a reason.
    """
    repayment, assumptions = _repayment(need, product)
    if product.fee_pct_e6 is None:
        assumptions = (*assumptions, _FEE_UNKNOWN)
    yearly = cover.scheme.own_fee_e6 if cover else 0
    loan = CostTerms(need.amount_fen, rate_pct_e6 or 0, need.term_months, repayment, product.fee_pct_e6 or 0, yearly)
    cost, subsidy, reason = (None, None, _RATE_UNKNOWN) if rate_pct_e6 is None else _computed(loan, policies)
    if subsidy and subsidy.policy.conditions:
        assumptions = (*assumptions, _conditions(subsidy.policy))
    if cover:
        assumptions = (*assumptions, *_terms_beside(cover, need, product))
    return MatchCost(
        need.amount_fen, need.term_months, rate_pct_e6, repayment, cost, subsidy, assumptions, reason,
        _guaranteed(loan, cover) if cover else None,
    )  # fmt: skip


def _guaranteed(loan: CostTerms, cover: Cover) -> Guaranteed | None:
    """None for terms that are no loan; with the other fees the parts add up to the fen."""
    try:
        return Guaranteed(cover, fees_fen(loan) - fees_fen(replace(loan, fee_pct_per_year_e6=0)))
    except NoCostError:
        return None


def _terms_beside(cover: Cover, need: Need, product: Product) -> tuple[Note, ...]:
    """What the guarantor looks at besides, which no verdict reads (CONTRACT.md section 3 asks for the amount only)."""
    scheme, found = cover.scheme, []
    if scheme.term_max_months is not None and need.term_months > scheme.term_max_months:
        most, months = _months(scheme.term_max_months), _months(need.term_months)
        found.append(_note("guarantee_term", TOO_LONG, most=most, months=months))
    if scheme.banks and product.bank not in scheme.banks:
        found.append(Note("guarantee_bank", OTHER_BANKS))
    if cover.terms.collateral:
        found.append(_note("guarantee_collateral", COLLATERAL, what=cover.terms.collateral))
    return tuple(found)


def _months(months: int) -> Text:
    return Text(Words("zh").months(months), Words("en").months(months))


def _note(code: str, text: Text, **values: Text | str) -> Note:
    return Note(code, Text(text.say("zh", **values), text.say("en", **values)))


def _computed(loan: CostTerms, policies: Sequence[Policy]) -> tuple[Cost | None, Subsidy | None, Note | None]:
    try:
        subsidy = best_subsidy(loan, policies)
        return cost_of(subsidy.on(loan) if subsidy else loan), subsidy, None
    except NoCostError as error:
        if policies:  # a subsidy as large as the loan must not hide the cost of the loan alone
            return _computed(loan, ())
        return None, None, Note(error.code, Text(error.say("zh"), error.say("en")))


def _repayment(need: Need, product: Product) -> tuple[Repayment, tuple[Note, ...]]:
    """The need's wish if the product allows it (a blank product allows all), else the product's first.

    With neither stated: INTEREST_ONLY, the commonest for working capital and the dearest of the monthly ones in yuan.
    """
    wish, offered = need.repayment, product.repayment
    if wish is None and not offered:
        return Repayment.INTEREST_ONLY, (_REPAYMENT_UNKNOWN,)
    if wish is not None and (wish in offered or not offered):
        used = wish
        notes = () if offered else (_repayment_unconfirmed(wish),)
    else:
        used = next(repayment for repayment in Repayment if repayment in offered)
        notes = () if wish is None else (_wish_not_offered(wish, used),)
    return used, (*notes, _FULLY_DRAWN) if used is Repayment.REVOLVING else notes


_RATE_UNKNOWN = Note(
    "rate_unknown",
    Text("产品未公布利率，无法测算成本", "The product states no rate, so its cost cannot be computed"),
)
_FEE_UNKNOWN = Note(
    "fee_unknown",
    Text("产品未说明费用，暂按无费用测算", "The product states no fee; counted as none"),
)
_REPAYMENT_UNKNOWN = Note(
    "repayment_unknown",
    Text(
        "需求和产品均未说明还款方式，暂按先息后本测算",
        "Neither the need nor the product states a repayment method; counted as interest first, principal at maturity",
    ),
)
_FULLY_DRAWN = Note(
    "fully_drawn",
    Text(
        "随借随还按全额支用、先息后本测算，少用少付",
        "A revolving loan is counted as fully drawn with interest each month; drawing less costs less",
    ),
)


def _repayment_unconfirmed(wish: Repayment) -> Note:
    return Note(
        "repayment_unconfirmed",
        Text(
            f"产品未说明还款方式，暂按您希望的{wish.label.zh}测算",
            f"The product states no repayment method; counted with the one you wish ({wish.label.en})",
        ),
    )


def _wish_not_offered(wish: Repayment, used: Repayment) -> Note:
    return Note(
        "repayment_not_offered",
        Text(
            f"产品不提供您希望的{wish.label.zh}，按{used.label.zh}测算",
            f"The product does not offer the repayment you wish ({wish.label.en}); counted as {used.label.en}",
        ),
    )


def _conditions(policy: Policy) -> Note:
    return Note(
        "policy_conditions",
        Text(
            f"贴息为预计，以政策条件核实为准：{policy.conditions}",
            f"The subsidy is an estimate until the policy's conditions are confirmed: {policy.conditions}",
        ),
    )
