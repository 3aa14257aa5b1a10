"""Words that no reader is met with (EXPERIENCE.md 3.2); whoever reads is 您."""

import re

BANNED = ("非法", "无效", "禁止", "参数错误", "操作失败", "未知错误", "征信差", "资质不足", "你")
BANNED_EN = ("invalid", "forbidden", "please", "oops")


def blames(zh: str, en: str) -> list[str]:
    """The banned words of a text in both languages, 请 before an imperative among them (请求 is a noun)."""
    found = [word for word in BANNED if word in zh] + re.findall("[，；]请(?!求)", zh)
    return found + [word for word in BANNED_EN if re.search(rf"\b{word}\b", en.lower())]
