"""A card's points in words, both languages: each feature's bin, its weight, its points; together exactly the score."""

from dataclasses import dataclass

from matchmaker.domain.text import Text
from matchmaker.scoring.scorecard.card import Part, Scorecard, chance_of_failing, place, score
from matchmaker.scoring.scorecard.features import Row
from matchmaker.scoring.scorecard.stored import version

INFORMS = Text(
    "评分卡只供核保人参考，不代替评级，也不决定是否承保",
    "The scorecard informs the underwriter: it replaces no rating and decides on no guarantee",
)
UP_TO = Text("不超过 {high}{unit}", "up to {high}{unit}")
BETWEEN = Text("超过 {low}、不超过 {high}{unit}", "above {low} up to {high}{unit}")
ABOVE = Text("超过 {low}{unit}", "above {low}{unit}")
ANY = Text("任意值", "any value")
NOT_KNOWN = Text("未知", "not known")
POOLED = Text("其他（历史中各不足 {least} 笔）", "others (fewer than {least} cases each in the history)")
LINE = Text("{label}：{bin}，{points} 分（此项最高 {most} 分）", "{label}: {bin}, {points} points (at best {most})")
TOTAL = Text(
    "总分 {score} = 基础分 {base} + 各项 {sum}；按此评分卡，每 100 笔这样的案件约有 {share} 笔违约",
    "Score {score} = base {base} + features {sum}; by this card about {share} of 100 such cases fail",
)


@dataclass(frozen=True, slots=True)
class Line:
    """One feature of one case: the bin it fell in, in words, with the bin's weight and points."""

    key: str
    label: Text
    bin: Text
    woe_e6: int
    points: int
    most_points: int
    text: Text


@dataclass(frozen=True, slots=True)
class Explanation:
    """``score`` is ``base_points`` plus the points of all lines; ``version`` names the card that said so."""

    version: str
    score: int
    base_points: int
    lines: tuple[Line, ...]
    chance: float
    text: Text
    informs: Text = INFORMS


def explain(card: Scorecard, row: Row) -> Explanation:
    """Why this case has its score. Raises RejectedError as ``score`` does."""
    total = score(card, row)
    lines = tuple(_line(card, part, row) for part in card.parts)
    chance = chance_of_failing(total)
    told = {"score": total, "base": card.base_points, "sum": total - card.base_points, "share": f"{100 * chance:.1f}"}
    return Explanation(version(card), total, card.base_points, lines, chance, filled(TOTAL, **told))


def bin_text(card: Scorecard, part: Part, number: int) -> Text:
    """What falls in bin ``number`` of a part."""
    if number == len(part.bins) - 1:
        return NOT_KNOWN
    if part.feature.kind == "category":
        return _code_text(card, part, number)
    return _codes_between(part, number) if part.feature.kind == "ordered" else _range_text(part, number)


def filled(pattern: Text, **values: object) -> Text:
    """The pattern with its places filled, in both languages."""
    return Text(pattern.say("zh", **values), pattern.say("en", **values))


def _line(card: Scorecard, part: Part, row: Row) -> Line:
    number = place(part, row[part.feature.key])
    one, label = part.bins[number], part.feature.label
    most, words = max(each.points for each in part.bins), bin_text(card, part, number)
    text = filled(LINE, label=label, bin=words, points=f"{one.points:+d}", most=f"{most:+d}")
    return Line(part.feature.key, label, words, one.woe_e6, one.points, most, text)


def _code_text(card: Scorecard, part: Part, number: int) -> Text:
    if number == len(part.codes):
        return filled(POOLED, least=card.plan.least_rows)
    code = part.codes[number]
    return dict(part.feature.codes).get(code, Text(code, code))


def _codes_between(part: Part, number: int) -> Text:
    """The ordered codes whose place falls in the bin."""
    feature = part.feature
    names = [name for code, name in feature.codes if place(part, code) == number]
    return Text("、".join(name.zh for name in names), ", ".join(name.en for name in names))


def _range_text(part: Part, number: int) -> Text:
    if not part.cuts:
        return ANY
    low = _number(part.cuts[number - 1]) if number else ""
    high = _number(part.cuts[number]) if number < len(part.cuts) else ""
    pattern = BETWEEN if low and high else UP_TO if high else ABOVE
    unit = part.feature.unit
    spaced = Text(f" {unit.zh}" if unit.zh else "", f" {unit.en}" if unit.en else "")
    return filled(pattern, low=low, high=high, unit=spaced)


def _number(value: float) -> str:
    return f"{value:,.4f}".rstrip("0").rstrip(".")
