"""The sentences of the criteria, both languages side by side; every channel prints these and no others.

Places: ``{it}`` the product or policy, ``{required}``, ``{actual}`` and ``{gap}`` the values in words, ``{target}`` the
value that would just pass, ``{day}`` the day from which it passes, ``{missing}`` the facts that are not known. What is
unknown never "fails": its sentence asks for the fact.
"""

from dataclasses import dataclass

from matchmaker.domain.text import Text

PRODUCT = Text("产品", "the product")
POLICY = Text("政策", "the policy")


@dataclass(frozen=True, slots=True)
class Says:
    """Sentences of one criterion for the enterprise itself; ``asks`` says the condition alone, for its author."""

    passes: Text
    fails: Text
    unknown: Text
    asks: Text = Text("{it}要求：{required}", "{it} asks: {required}")


FREE = Text("{it}对此没有要求", "{it} asks nothing here")
ALL_MISSING = Text("；补充{missing}后即可判断", "; to be settled once you state: {missing}")


def _asks(asked: Text, has: Text, lacks: Text | None = None) -> Says:
    """What is asked, then what you have; unknown asks for the fact that is missing."""
    missing = Text(asked.zh + ALL_MISSING.zh, asked.en + ALL_MISSING.en)
    return Says(_and(asked, has), _and(asked, lacks or has), missing, asked)


def _and(one: Text, other: Text) -> Text:
    return Text(f"{one.zh}，{other.zh}", f"{one.en}; {other.en}")


CHAIN_SAYS = _asks(
    Text("{it}面向产业链：{required}", "{it} is for the chains: {required}"),
    Text("您属于{actual}", "yours is {actual}"),
    Text("您的产业链：{actual}", "your chain: {actual}"),
)
INDUSTRY_SAYS = _asks(
    Text("{it}面向行业：{required}", "{it} is for the industries: {required}"),
    Text("您的行业是{actual}", "yours is {actual}"),
)
AREA_SAYS = _asks(
    Text("{it}面向区域：{required}", "{it} is for the areas: {required}"),
    Text("您在{actual}", "you are in {actual}"),
)
TIER_SAYS = _asks(
    Text("{it}要求持有其中之一：{required}", "{it} asks for one of: {required}"),
    Text("您持有：{actual}", "you hold: {actual}"),
    Text("您目前持有：{actual}", "you now hold: {actual}"),
)
SIZE_SAYS = _asks(
    Text("{it}面向{required}企业", "{it} is for enterprises of size: {required}"),
    Text("您是{actual}企业", "yours is {actual}"),
)
AGE_SAYS = _asks(
    Text("{it}要求{required}", "{it} asks for {required}"),
    Text("您已 {actual}", "you have {actual}"),
    Text("您已 {actual}，{gap}", "you have {actual}, {gap}"),
)
REVENUE_MIN_SAYS = _asks(
    Text("{it}要求营业收入{required}", "{it} asks for revenue of {required}"),
    Text("您为 {actual}", "yours is {actual}"),
    Text("您为 {actual}，{gap}", "yours is {actual}, {gap}"),
)
REVENUE_MAX_SAYS = _asks(
    Text("{it}要求营业收入{required}", "{it} asks for revenue of {required}"),
    Text("您为 {actual}", "yours is {actual}"),
    Text("您为 {actual}，{gap}", "yours is {actual}, {gap}"),
)
TAX_GRADE_SAYS = _asks(
    Text("{it}要求 {required}", "{it} asks for {required}"),
    Text("您为 {actual}", "yours is {actual}"),
)
FIRST_LOAN_SAYS = _asks(
    Text("{it}仅限首贷户", "{it} is for first-time borrowers"),
    Text("您是首贷户", "you are one"),
    Text("您已有过贷款，不是首贷户", "you have borrowed before"),
)
CLEAN_RECORD_SAYS = _asks(
    Text("{it}要求无失信记录", "{it} asks for a clean record"),
    Text("{actual}；{sources}", "{actual}; {sources}"),
)
AMOUNT_SAYS = Says(
    Text("您需要 {actual}，{it}{required}", "you need {actual}; {it} offers {required}"),
    Text(
        "您需要 {actual}，{it}{required}，{gap}，改为 {target}后这一项符合",
        "you need {actual}; {it} offers {required}, {gap}; this is met if changed to {target}",
    ),
    FREE,
    Text("{it}{required}", "{it} offers {required}"),
)
TERM_SAYS = Says(
    Text("您需要 {actual}，{it}{required}", "you need {actual}; {it} offers {required}"),
    Text(
        "您需要 {actual}，{it}{required}，{gap}，改为 {target}后这一项符合",
        "you need {actual}; {it} offers {required}, {gap}; this is met if changed to {target}",
    ),
    FREE,
    Text("{it}{required}", "{it} offers {required}"),
)
RATE_SAYS = Says(
    Text("{it}年利率{required}，您接受{actual}", "the annual rate is {required}; you accept {actual}"),
    Text(
        "{it}年利率{required}，您接受{actual}，{gap}，接受 {target} 后这一项符合",
        "the annual rate is {required}; you accept {actual}, {gap}; this is met if you accept {target}",
    ),
    Text(
        "利率随 LPR 浮动，平台尚未载入当日的 LPR，载入后即可比较",
        "the rate depends on the LPR, and the platform has none for that day yet; compared once it is loaded",
    ),
    Text("{it}年利率{required}", "the annual rate is {required}"),
)
SECURITY_SAYS = _asks(
    Text("{it}接受：{required}", "{it} accepts: {required}"),
    Text("您可提供：{actual}", "you offer: {actual}"),
    Text("您可提供：{actual}；增加其中一种后这一项符合", "you offer: {actual}; this is met once one is added"),
)
PURPOSE_SAYS = _asks(
    Text("{it}用于：{required}", "{it} is for: {required}"),
    Text("您用于{actual}", "yours is {actual}"),
)

AGE_FROM = Text(
    "{it}要求{required}，您已 {actual}，{day} 起符合", "{it} asks for {required}; you have {actual}; it fits from {day}"
)
TIER_ENDED = Text("（{tiers}）", " ({tiers})")
TIER_ENDED_ON = Text("{tier}已于 {day} 到期", "{tier} ended on {day}")
INDUSTRY_SHORT = Text(
    "{it}面向行业：{required}；您登记的{actual}还不够细，补全行业代码后即可判断",
    "{it} is for the industries: {required}; the code you state ({actual}) is too short: "
    "to be settled once it is complete",
)
NO_CAP = Text("您没有设定年利率上限", "you set no highest annual rate")
NO_CAP_BUT = Text(
    "您没有设定年利率上限，{it}年利率{required}",
    "you set no highest annual rate; that of {it} is {required}",
)
NO_RATE = Text("{it}没有写明最低年利率", "{it} states no lowest annual rate")
UNSECURED = Text("{it}可用信用方式，不需要另加担保", "{it} is available unsecured")

BANK_SAYS = Says(
    Text("{it}要求：{required}；企业符合", "{it} asks: {required}; the enterprise meets it"),
    Text("{it}要求：{required}；企业目前不符合", "{it} asks: {required}; the enterprise does not meet it now"),
    Text("{it}要求：{required}；企业的情况未知", "{it} asks: {required}; not known of the enterprise"),
)
"""For a bank before consent: the result alone, never a value of the enterprise."""

NOT_REQUIRED = Text("不限", "no requirement")
NOT_KNOWN = Text("未知", "not known")
NOT_SHOWN = Text("不展示", "not shown")
NONE_HELD = Text("无", "none")
NO_CHAIN = Text("未加入产业链", "none")
NO_HIGHEST = Text("不设上限", "any rate")

AT_LEAST = Text("不低于 {value}", "at least {value}")
AT_MOST = Text("不高于 {value}", "at most {value}")
LOWEST = Text("最低 {value}", "from {value}")
HIGHEST = Text("最高 {value}", "up to {value}")
LOWEST_TO_HIGHEST = Text("最低 {low}、最高 {high}", "{low} to {high}")
SHORTEST = Text("最短 {value}", "from {value}")
LONGEST = Text("最长 {value}", "up to {value}")
SHORTEST_TO_LONGEST = Text("最短 {low}、最长 {high}", "{low} to {high}")
FULL_MONTHS = Text("满 {value}", "{value} since founding")
SHORT_BY = Text("差 {value}", "{value} short")
ABOVE_BY = Text("高出 {value}", "{value} above")
BELOW_BY = Text("低于下限 {value}", "{value} below the lowest")
OVER_BY = Text("高出上限 {value}", "{value} above the highest")
SHORTER_BY = Text("短于下限 {value}", "{value} below the shortest")
LONGER_BY = Text("超出上限 {value}", "{value} above the longest")
FIRST_LOAN_ONLY = Text("仅限首贷户", "first-time borrowers only")
CLEAN_ONLY = Text("无失信记录", "clean record")
YES, NO = Text("是", "yes"), Text("否", "no")

CLEAN = Text("没有计入的记录", "no record counts")
COUNTING = Text("计入 {count} 条：{records}", "{count} counting: {records}")
RECORD_UNTIL = Text("{source}的{kind}，至 {day}", "{kind} ({source}), until {day}")
RECORD_OPEN = Text("{source}的{kind}，移出前一直计入", "{kind} ({source}), until removed from the list")
RECORD_LAST = Text("{record}（有异议，处理中）", "{record} (disputed, under review)")
SOURCES = Text("平台已载入的信用来源：{sources}", "credit sources loaded: {sources}")
NO_SOURCES = Text("平台尚未载入任何信用来源", "no credit source is loaded yet")
