"""Short sentences of digests, in both languages: what a product asks, what would mend a pair, what a policy gives."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from matchmaker.domain.money import amount_text, plain
from matchmaker.domain.rate import E6
from matchmaker.domain.terms import BenefitBase, FulfilmentMode, Security
from matchmaker.domain.text import Text
from matchmaker.scoring.criteria import BY_KEY
from matchmaker.scoring.facts import Asks, Policy, Product
from matchmaker.scoring.moves import Repair
from matchmaker.scoring.repair_texts import repair_text
from matchmaker.scoring.wording import Words

Names = Mapping[tuple[str, str], Text]
MOST_REASONS = 3


def pair(text: Text) -> dict[str, str]:
    """A text as items store it."""
    return {"zh": text.zh, "en": text.en}


def joined(texts: Sequence[Text]) -> Text:
    """Several words as a list."""
    return Text("、".join(t.zh for t in texts), ", ".join(t.en for t in texts))


def money(fen: int) -> Text:
    """An amount in prose."""
    return Text(amount_text(fen, "zh"), amount_text(fen, "en"))


def reasons(product: Product, names: Names) -> list[Text]:
    """Why a product fits whoever fits it, said with the product's own terms only: at most three."""
    asks = product.asks
    said = [_amounts(asks), *_made_for(asks, names), _security(asks)]
    return [text for text in said if text is not None][:MOST_REASONS]


def _amounts(asks: Asks) -> Text | None:
    low, high = asks.amount_min_fen, asks.amount_max_fen
    if high is None:
        return None
    top = money(high)
    if low is None:
        return Text(f"额度最高 {top.zh}", f"up to {top.en}")
    bottom = money(low)
    return Text(f"额度 {bottom.zh}至 {top.zh}", f"{bottom.en} to {top.en}")


def _made_for(asks: Asks, names: Names) -> list[Text]:
    said = []
    if asks.chains:
        chains = [names.get(("chain", code), Text(code, code)) for code in asks.chains]
        some = joined(chains) if len(chains) <= 2 else Text(f" {len(chains)} 条产业链", f"{len(chains)} chains")
        said.append(Text(f"面向{some.zh}", f"made for {some.en}"))
    if asks.tiers_any:
        tiers = joined([tier.label for tier in asks.tiers_any[:2]])
        more = Text("等", " and others") if len(asks.tiers_any) > 2 else Text("", "")
        said.append(Text(f"面向{tiers.zh}{more.zh}", f"made for {tiers.en}{more.en}"))
    return said


def _security(asks: Asks) -> Text | None:
    if not asks.security:
        return None
    if Security.CREDIT in asks.security:
        return Text("信用方式，免抵押", "unsecured, nothing to pledge")
    kinds = joined([kind.label for kind in asks.security])
    return Text(f"接受{kinds.zh}", f"takes {kinds.en}")


def repair_words(repair: Repair, names: Names) -> Text:
    """What would make a pair eligible, as one sentence in the words of the explanation."""
    return Text(repair_text(repair, Words("zh", names)), repair_text(repair, Words("en", names)))


def open_points(keys: Sequence[str]) -> Text:
    """Names of the criteria that do not pass."""
    return joined([BY_KEY[key].label for key in keys])


_BASES = {
    BenefitBase.INTEREST_PAID: Text("已付利息", "the interest paid"),
    BenefitBase.PRINCIPAL: Text("贷款本金", "the principal"),
    BenefitBase.GUARANTEE_FEE: Text("担保费", "the guarantee fee"),
    BenefitBase.EQUIPMENT: Text("设备投入", "the equipment"),
}

MODES = {
    FulfilmentMode.NO_APPLICATION: Text("免申即享，无须申请", "no application needed"),
    FulfilmentMode.INSTANT_APPLICATION: Text("即申即享，只填缺项", "a short form"),
    FulfilmentMode.ORDINARY: Text("按通知申报", "ordinary application"),
}


def benefit_text(policy: Policy) -> Text:
    """What a policy gives: rate, base, cap and months as far as they are known."""
    zh, en = [policy.instrument.label.zh], [policy.instrument.label.en]
    if policy.benefit_rate_pct_e6 and policy.benefit_base in _BASES:
        rate, base = plain(Decimal(policy.benefit_rate_pct_e6) / E6), _BASES[policy.benefit_base]
        zh.append(f"{base.zh}的 {rate}%")
        en.append(f"{rate}% of {base.en}")
    if policy.benefit_cap_fen:
        cap = money(policy.benefit_cap_fen)
        fixed = policy.benefit_base is BenefitBase.FIXED_SUM
        zh.append(cap.zh if fixed else f"最高 {cap.zh}")
        en.append(cap.en if fixed else f"at most {cap.en}")
    if policy.benefit_months:
        zh.append(f"最长 {policy.benefit_months} 个月")
        en.append(f"for up to {policy.benefit_months} {'month' if policy.benefit_months == 1 else 'months'}")
    return Text("，".join(zh), ", ".join(en))
