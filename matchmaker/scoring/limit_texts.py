"""What is said of limits: what is bounded, that it is broken, who may approve."""

from matchmaker.domain.guarantee_terms import LimitClass
from matchmaker.domain.text import Text

SCHEME_CAP, GRADE_AMOUNT, COMPENSATION, BUDGET = "SCHEME_CAP", "GRADE_AMOUNT", "COMPENSATION_RATE", "BUDGET"
"""Keys of a scheme's own limits; those of the register have the codes of ``LimitKind``."""

NOUNS: dict[str, Text] = {
    "LEVERAGE": Text("担保责任余额", "the weighted liability"),
    "LEVERAGE_SMALL": Text("担保责任余额", "the weighted liability"),
    "CUSTOMER": Text("单户余额", "the customer's balance"),
    "GROUP": Text("单户及关联方余额", "the balance of the customer and its related parties"),
    "CITY_GROUP": Text("关联企业全市担保余额", "the related companies' balance with all guarantors"),
    "SMALL_SHARE": Text("小微和三农业务占比", "the share of small and farming business"),
    "TICKET_SHARE": Text("单户 500 万元及以下业务占比", "the share of customers up to CNY 5 million"),
    SCHEME_CAP: Text("方案在保余额", "the scheme's guaranteed balance"),
    GRADE_AMOUNT: Text("该企业在本方案的贷款余额", "the enterprise's loans under the scheme"),
    COMPENSATION: Text("方案近 12 个月代偿率", "the scheme's compensation rate of 12 months"),
    BUDGET: Text("本年财政承担的担保费与代偿", "what the treasury bears this year"),
}
ABOVE = Text(
    "批准后{noun} {after}，超过上限 {bound}（{source}）。{who}",
    "After approval {noun} is {after}, above the limit of {bound} ({source}). {who}",
)
BELOW = Text(
    "批准后{noun} {after}，低于下限 {bound}（{source}）。{who}",
    "After approval {noun} is {after}, below the least of {bound} ({source}). {who}",
)
RATE = Text(
    "{noun} {after}，超过上限 {bound}（{source}），方案暂停新增担保。{who}",
    "As it stands {noun} is {after}, above the cap of {bound} ({source}); the scheme takes no new cases. {who}",
)
WHO: dict[LimitClass, Text] = {
    LimitClass.STATUTORY: Text(
        "任何人不能批准；可减少金额或换担保机构。",
        "Nobody may approve it; reduce the amount or use another guarantor.",
    ),
    LimitClass.POLICY: Text(
        "主管部门修改担保限额后才能批准；可减少金额或换担保机构。",
        "It can be approved after the bureau has changed the limit; or reduce the amount or use another guarantor.",
    ),
    LimitClass.SCHEME: Text(
        "方案的担保机构修改方案后才能批准；可减少金额或换方案。",
        "It can be approved after the scheme's guarantor has changed the scheme; or reduce the amount or use another.",
    ),
}
