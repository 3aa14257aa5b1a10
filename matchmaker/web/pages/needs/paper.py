"""A need as a paper to keep: number, facts, answers, and what comes next."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from matchmaker.clock import local
from matchmaker.domain.text import Lang, Text
from matchmaker.lists.models import Need
from matchmaker.reports.pdf import Paper, Section, draw
from matchmaker.settings import Settings


def need_paper(
    need: Need,
    facts: Iterable[Mapping[str, Any]],
    answers: Iterable[Mapping[str, Any]],
    *,
    answer_by: tuple[datetime, date] | None,
    settings: Settings,
    lang: Lang,
) -> bytes:
    """The PDF. ``facts``, ``answers``: rows with ``label`` and ``value``, in the language of the page."""
    at = local(need.created_at, settings.zone)
    state = [(_STATE.say(lang), need.status.label.say(lang)), (_SENT.say(lang), f"{at:%Y-%m-%d %H:%M}")]
    paper = Paper(
        title=_TITLE.say(lang),
        number=need.need_no,
        sections=(
            Section(_NEED.say(lang), (*state, *_rows(answers, lang))),
            Section(_FACTS.say(lang), tuple(_rows(facts, lang))),
        ),
        notes=tuple(_notes(answer_by, settings, lang)),
        made_at=at,
        lang=lang,
    )
    return draw(paper)


def _rows(rows: Iterable[Mapping[str, Any]], lang: Lang) -> Iterable[tuple[str, str]]:
    return ((row["label"], row["value"] or _OPEN.say(lang)) for row in rows)


def _notes(answer_by: tuple[datetime, date] | None, settings: Settings, lang: Lang) -> Iterable[str]:
    if answer_by is not None:
        told, due = answer_by
        yield _NEXT.say(lang, told=f"{local(told, settings.zone):%Y-%m-%d %H:%M}", due=due.isoformat())
    if settings.bureau_contact:
        yield _CONTACT.say(lang, contact=settings.bureau_contact)
    yield _NO_PROMISE.say(lang)


_TITLE = Text("企业融资需求", "Financing need")
_NEED = Text("融资需求", "The need")
_FACTS = Text("企业信息", "The company")
_STATE = Text("状态", "State")
_SENT = Text("提交时间", "Sent at")
_OPEN = Text("未填写", "Not provided")
_NEXT = Text(
    "下一步：{told} 推送给匹配的银行，银行应在 {due} 前答复。",
    "Next: banks that fit are told at {told}; they answer by {due}.",
)
_CONTACT = Text("咨询：{contact}", "Ask: {contact}")
_NO_PROMISE = Text(
    "契合不等于获批。本页不构成贷款承诺，以银行《综合融资成本清单》为准。",
    "A fit is not an approval. This paper is no promise of a loan; the bank's cost statement counts.",
)
