"""信用背书 as a paper to hand over: what the token states, and a code that leads to the page where it is checked."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from matchmaker.clock import local
from matchmaker.domain.guarantee_terms import Grade
from matchmaker.domain.text import Lang, Text
from matchmaker.reports.pdf import Paper, QrCode, Section, draw
from matchmaker.settings import Settings

Rows = tuple[tuple[Text, str], ...]


def stated(claims: Mapping[str, Any], lang: Lang) -> Rows:
    """What a certificate states, as label and value: on the paper and on the page of the check."""
    return (
        (_NAME, claims["name"]),
        (_CODE, claims["sub"]),
        (_GRADE, Grade.of(claims["grade"]).label.say(lang)),
        (_RATING, claims["rating_no"]),
        (_AS_OF, claims["as_of"]),
        (_RULES, claims["rules"] or "--"),
        (_VALID, claims["valid_to"]),
        (_NUMBER, claims["jti"]),
    )


def certificate_paper(claims: Mapping[str, Any], address: str, *, bureau: str, settings: Settings, lang: Lang) -> bytes:
    """The PDF. ``claims``: those of the token; ``address``: the page that checks it; ``bureau``: who certifies."""
    issued = local(datetime.fromtimestamp(claims["iat"], settings.zone), settings.zone)
    rows = tuple((label.say(lang), value) for label, value in stated(claims, lang))
    given = ((_ISSUER.say(lang), bureau), (_ISSUED.say(lang), f"{issued:%Y-%m-%d %H:%M}"))
    paper = Paper(
        title=TITLE.say(lang),
        number=claims["jti"],
        sections=(Section(_STATES.say(lang), rows), Section(_BY.say(lang), given)),
        notes=(NO_PROMISE.say(lang),),
        made_at=issued,
        lang=lang,
        code=QrCode(address, _SCAN.say(lang), (_HOW.say(lang), address)),
    )
    return draw(paper)


TITLE = Text("信用背书", "Credit endorsement")
NO_PROMISE = Text(
    "本证明只说明平台评级，不构成担保或贷款承诺。",
    "This states the platform's rating only. It is no guarantee and no promise of a loan.",
)
_STATES = Text("证明内容", "What it states")
_BY = Text("出具", "Issued")
_NAME = Text("企业名称", "Company")
_CODE = Text("统一社会信用代码", "USCC")
_GRADE = Text("信用等级", "Grade")
_RATING = Text("评级编号", "Rating number")
_AS_OF = Text("评级日期", "Rated on")
_RULES = Text("规则版本", "Version of the rules")
_VALID = Text("有效期至", "Valid to")
_NUMBER = Text("证书编号", "Certificate number")
_ISSUER = Text("出具单位", "Issued by")
_ISSUED = Text("出具时间", "Issued at")
_SCAN = Text("扫码核验", "Scan to check")
_HOW = Text("以核验页面的结果为准：有效、已过期或已撤销。", "The verification page counts: valid, expired or revoked.")
