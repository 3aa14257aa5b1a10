"""The sentences of ``terms``: why a loan cannot be covered by a scheme or no longer goes on, and what to do."""

from matchmaker.domain.text import Text

NO_SCHEME = Text(
    "担保方案「{scheme}」现在没有启用或已过有效期。换一个方案。",
    'The guarantee scheme "{scheme}" is not in use on this day. Choose another one.',
)
NO_FIRM = Text("名单里没有这家企业。核对统一社会信用代码。", "There is no such enterprise in the list. Check its code.")
NOT_AREA = Text(
    "企业所在区划不在「{scheme}」的适用区域内。换一个方案。",
    'The company lies outside the areas of the scheme "{scheme}". Choose another one.',
)
NOT_CHAIN = Text(
    "企业不在「{scheme}」适用的产业链内。换一个方案。",
    'The company is in none of the chains of the scheme "{scheme}". Choose another one.',
)
NOT_BANK = Text(
    "这家银行不是「{scheme}」的合作银行。换一个方案或另一家银行的产品。",
    'The bank does not take part in the scheme "{scheme}". Choose another scheme or another bank\'s product.',
)
TOO_LONG = Text(
    "期限 {asked} 个月，超过方案的最长期限 {most} 个月。缩短期限或换一个方案。",
    "The term of {asked} months is above the scheme's {most} months. Shorten it or choose another scheme.",
)
NO_RATING = Text(
    "企业还没有信用评级，不能申请担保。先完成评级。",
    "The company has no rating yet, so it cannot apply. Get one first.",
)
OLD_RATING = Text(
    "企业的信用评级已于 {day} 到期，不能用于担保。更新评级后再申请。",
    "The company's rating ended on {day} and cannot be used. Renew it and apply again.",
)
NO_GRADE = Text(
    "「{scheme}」不覆盖 {grade} 企业。先按修复建议提升评级，或换一个方案。",
    'The scheme "{scheme}" does not cover grade {grade}. Raise the rating first, or choose another scheme.',
)
TOO_MUCH = Text(
    "申请 {asked}，超过「{scheme}」{grade} 企业单户最高 {most}（方案）。减少金额，或由方案管理方调整上限。",
    '{asked} is above the {most} that the scheme "{scheme}" gives grade {grade}. Ask for less, or have the scheme\'s '
    "owner change it.",
)
CONTROLLER = Text(
    "企业是该担保机构的{relation}，依《融资担保公司监督管理条例》第十七条不得为其担保。换一家担保机构。",
    "The company is the guarantor's {relation}: article 17 of the Regulations forbids a guarantee. Choose another "
    "guarantor.",
)
NO_CONSENT = Text(
    "企业没有授权，或授权已撤回、到期，不能继续办理。企业授权后再办。",
    "The company has not consented, or its consent was withdrawn or has ended. It goes on once the company consents.",
)
