"""A digest as subject, plain text and HTML, in the reader's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, partial
from pathlib import Path
from typing import Any

import jinja2

from matchmaker.domain.money import FEN_PER_WAN, amount_text
from matchmaker.domain.text import Lang, Text
from matchmaker.domain.workdays import Workdays
from matchmaker.outbox.envelope import ComposeError
from matchmaker.push.subjects import SUBJECTS
from matchmaker.reports.weekly import FIGURES
from matchmaker.settings import Settings

_WEEKDAYS = Text("周一 周二 周三 周四 周五 周六 周日", "Mon Tue Wed Thu Fri Sat Sun")


@dataclass(frozen=True, slots=True)
class Digest:
    """What one message tells. ``sections``: name → payloads in the order of display; ``at``: local time of writing."""

    kind: str
    lang: Lang
    name: str
    sections: Mapping[str, Sequence[Any]]
    on: date
    at: datetime
    counts: Mapping[str, int]
    settings: Settings
    workdays: Workdays = field(default_factory=Workdays)


def write_digest(digest: Digest) -> tuple[str, str, str]:
    """(subject, text, HTML); ComposeError where an item lacks what its template shows."""
    try:
        subject = SUBJECTS[digest.kind](digest.sections, digest.counts, digest.lang)
        values = _values(digest, subject)
        text = _environment().get_template(f"{digest.kind}.txt").render(values)
        html = _environment().get_template(f"{digest.kind}.html").render(values)
    except (jinja2.TemplateError, LookupError, TypeError, ValueError, ArithmeticError) as error:
        raise ComposeError(f"{digest.kind}: {type(error).__name__} {error}") from error
    return subject, _tidy(text), html


def _values(digest: Digest, subject: str) -> dict[str, Any]:
    settings = digest.settings
    link = settings.public_url.rstrip("/") if settings.demo else None
    say = _Say(digest.lang)
    return {
        "lang": digest.lang,
        "subject": subject,
        "name": digest.name,
        "sections": {**dict.fromkeys(_SECTIONS, ()), **digest.sections},
        "needs": _needs(digest.sections),
        "most": settings.push_max_items,
        "on": digest.on,
        "at": digest.at,
        "counts": digest.counts,
        "link": link,
        "notices": f"{settings.public_url.rstrip('/')}/account/notices",
        "t": say.both,
        "say": say.pair,
        "amount": say.amount,
        "costs": say.costs,
        "day": say.day,
        "some": some,
        "deadline": partial(say.deadline, digest.on, digest.workdays),
        "change": change,
        "pct": percent,
        "quota": say.lines,
        "figures": _figures(digest),
        "stale_days": settings.stale_days,
        "zone": settings.timezone,
    }


def _figures(digest: Digest) -> list[dict[str, str]]:
    """Every figure of the week with its value and how it is counted, in the order of the table."""
    return [
        {
            "label": figure.label.say(digest.lang),
            "value": figure.say(week["figures"][figure.key], digest.lang),
            "definition": figure.definition.say(digest.lang),
        }
        for week in digest.sections.get("weekly", ())
        for figure in FIGURES
        if figure.key in week["figures"]
    ]


def _needs(sections: Mapping[str, Sequence[Any]]) -> list[Any]:
    """The needs that the items are about, each once."""
    told = [item["need"] for name in ("fit", "near") for item in sections.get(name, ())]
    return list({need["need_no"]: need for need in told}.values())


_SECTIONS = (
    "fit",
    "near",
    "policy",
    "lead",
    "weekly",
    "stale",
    "consent",
    "withdrawn",
    "taken",
    "returned",
    "guarantee",
)


@dataclass(frozen=True, slots=True)
class _Say:
    lang: Lang

    def both(self, zh: str, en: str, one: str | None = None, **values: Any) -> str:
        """One of two phrases, its places filled; ``one`` is the English one where ``n`` is 1."""
        singular = one is not None and values.get("n") == 1
        return Text(zh, one if singular and one else en).say(self.lang, **values)

    def pair(self, stored: Mapping[str, str]) -> str:
        """A stored pair of phrases, on one line."""
        return " ".join(stored[self.lang].split())

    def amount(self, fen: int) -> str:
        """An amount in prose."""
        return amount_text(fen, self.lang)

    def costs(self, cost: Mapping[str, Any]) -> dict[str, str]:
        """The lines of a cost in one unit, rounded so that they add up as they are read."""
        in_wan = self.lang == "zh" and cost["total_fen"] >= FEN_PER_WAN
        step = FEN_PER_WAN // 100 if in_wan else 1
        total, fees = (_rounded(cost[name], step) for name in ("total_fen", "fees_fen"))
        lines = {"total": total, "fees": fees, "interest": total - fees}
        if cost["subsidy"]:
            after = _rounded(cost["subsidy"]["total_fen"], step)
            lines |= {"after": after, "subsidy": total - after}
        if in_wan:
            return {name: f"{Decimal(fen) / FEN_PER_WAN:,.2f} 万元" for name, fen in lines.items()}
        pattern = Text("{yuan} 元", "CNY {yuan}")
        return {name: pattern.say(self.lang, yuan=f"{Decimal(fen) / 100:,.2f}") for name, fen in lines.items()}

    def day(self, value: str | date) -> str:
        """``11-26（周四）``."""
        day = date.fromisoformat(value) if isinstance(value, str) else value
        weekday = _WEEKDAYS.say(self.lang).split()[day.weekday()]
        return f"{day:%m-%d}（{weekday}）" if self.lang == "zh" else f"{day:%m-%d} ({weekday})"

    def deadline(self, today: date, workdays: Workdays, value: str) -> str:
        """``11-26（周四，剩 3 个工作日）``, counted from ``today``."""
        due = date.fromisoformat(value)
        left = workdays.between(today, due)
        if due == today:
            when = Text("今天到期", "today")
        elif due > today:
            when = Text(f"剩 {left} 个工作日", f"{some(left, 'workday', 'workdays')} left")
        else:
            when = Text(f"已超 {-left} 个工作日", f"{some(-left, 'workday', 'workdays')} late")
        day = self.day(due)
        return f"{day[:-1]}，{when.zh}）" if self.lang == "zh" else f"{day[:-1]}, {when.en})"

    def lines(self, shown: Sequence[str]) -> str:
        """An enumeration."""
        return ("、" if self.lang == "zh" else ", ").join(" ".join(one.split()) for one in shown)


def _rounded(fen: int, step: int) -> int:
    """To whole steps, half up."""
    return (2 * fen + step) // (2 * step) * step


def some(number: int, one: str, many: str) -> str:
    """An English count: ``1 product``, ``2 products``."""
    return f"{number} {one if number == 1 else many}"


def percent(exact: str) -> str:
    """A percent with two decimals, rounded half up."""
    return f"{Decimal(exact).quantize(Decimal('0.01'), ROUND_HALF_UP)}"


def change(now: int, before: int) -> str | None:
    """Change in percent with its sign; None where there was nothing before."""
    if not before:
        return None
    percent = (Decimal(now - before) * 100 / before).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return f"{percent:+.1f}%".replace("-", "−")


def _tidy(text: str) -> str:
    """No trailing blanks, at most one empty line in a row."""
    lines: list[str] = []
    for line in (line.rstrip() for line in text.splitlines()):
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines).strip() + "\n"


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=jinja2.select_autoescape(["html"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
