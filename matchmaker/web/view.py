"""Rendering: language of the page, and the few helpers templates use."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Flask, current_app, flash, g, get_template_attribute, render_template, request
from markupsafe import Markup
from werkzeug.exceptions import HTTPException

from matchmaker.accounts.permits import may
from matchmaker.actor import Actor
from matchmaker.app import Matchmaker
from matchmaker.clock import local, today
from matchmaker.db import ScopedSession
from matchmaker.domain.money import amount_text
from matchmaker.domain.rate import Rate
from matchmaker.domain.text import Lang, Text
from matchmaker.web.menu import MENU, Item, is_current

LAST_PAGE = 1_000_000
WEEKDAYS = tuple(
    Text(f"周{zh}", en)
    for zh, en in zip("一二三四五六日", ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), strict=True)
)


def parts() -> Matchmaker:
    """The running application's parts."""
    return cast(Matchmaker, current_app.extensions["matchmaker"])


def actor() -> Actor:
    """Whoever this request acts for."""
    return cast(Actor, g.actor)


@contextmanager
def reading() -> Iterator[ScopedSession]:
    """A session for a page: it cannot write."""
    with parts().database.reading(actor()) as session:
        yield session


@contextmanager
def writing() -> Iterator[ScopedSession]:
    """A session of whoever asks; committed when the block ends, undone when it raises."""
    with parts().database.writing(actor()) as session:
        yield session


def me() -> Actor | None:
    """Who has signed in, for the header; None for a stranger, and before anybody was looked at."""
    found: Actor | None = g.get("actor")
    return found if found is not None and found.person_id is not None else None


def may_do(key: str) -> bool:
    """Whether the page's reader may take an action of the matrix, for menus and buttons."""
    found = me()
    return found is not None and may(found, key, parts().now())


def menu_of_reader() -> list[Item]:
    """The entries of the menu that are the reader's."""
    found = me()
    return [item for item in MENU if found and (not item.sides or found.side in item.sides) and may_do(item.action)]


def menu_parts() -> tuple[list[Item], list[Item]]:
    """The reader's menu: daily pages, and what stands under "more" (nothing, where it would be a single page)."""
    items, found = menu_of_reader(), me()
    rest = [item for item in items if found and item.is_second(found.side)]
    return (items, []) if len(rest) < 2 else ([item for item in items if item not in rest], rest)


def current_day() -> date:
    """Today in the application's zone."""
    return today(parts().now, parts().settings.zone)


def current_lang() -> Lang:
    """``?lang=``, else the cookie that remembers it, else the setting."""
    known = g.get("lang")  # asked for some hundred times a page
    if known is None:
        wanted = asked_lang() or _remembered_lang() or parts().settings.lang
        known = g.lang = "en" if wanted == "en" else "zh"
    return cast(Lang, known)


def asked_lang() -> str | None:
    """The language this request switches to: ``?lang=``, or that of the address with which a kept form is sent."""
    switch_to = _switch_to() if request.method == "POST" and not request.path.startswith("/api/") else None
    return dict(parse_qsl(urlsplit(switch_to).query)).get("lang") if switch_to else request.args.get("lang")


def _switch_to() -> str | None:
    """The address a half-filled form is sent to for another language; None for a form too large to be read.

    The page that says so is made in a language too, so what the form's reading raises must not be raised here again.
    """
    try:
        return request.form.get("switch_to")
    except HTTPException:
        return None


def _remembered_lang() -> str | None:
    """What the browser keeps; programmes say it with each call (Accept-Language)."""
    if request.path.startswith("/api/"):
        return request.accept_languages.best_match(("zh", "en"))
    return request.cookies.get("lang")


def page(template: str, **values: Any) -> str:
    """A page in the current language."""
    current_lang()
    return render_template(template, **values)


def piece(template: str, macro: str, *values: Any) -> Markup:
    """What a macro makes of the values, for the cell of a table."""
    return cast(Markup, get_template_attribute(template, macro)(*values))


def t(zh: str, en: str, **values: Any) -> str:
    """The phrase in the page's language."""
    return Text(zh, en).say(current_lang(), **values)


def say(text: Text | None) -> str:
    """A Text in the page's language; ``--`` for none."""
    return "--" if text is None else text.say(current_lang())


def money(fen: int | None) -> str:
    """An amount in prose."""
    return "--" if fen is None else amount_text(fen, current_lang())


def yuan(amount: str) -> str:
    """Yuan as JSON has them, for reading: ``19,607.09 元``."""
    return t("{amount} 元", "CNY {amount}", amount=f"{Decimal(amount):,.2f}")


def fen_text(fen: int) -> str:
    """Fen as yuan to the fen, without the unit: ``19,607.09``; less than nothing with a true minus."""
    return f"{Decimal(fen) / 100:,.2f}".replace("-", "−")


def pct(value: str | Decimal) -> str:
    """A percentage of JSON with two decimals: ``3.45%``."""
    return f"{Decimal(value).quantize(Decimal('0.01'), ROUND_HALF_UP)}%"


def rate(value: Rate | None) -> str:
    """An annual rate as products state it: ``3.45%``, ``LPR+50BP``, ``--``."""
    return "--" if value is None else str(value) if value.pct_e6 is None else pct(str(value))


def page_number() -> int:
    """``?page=``; 1 for anything that is no page, and never more than a database can count to."""
    return min(max(request.args.get("page", 1, type=int), 1), LAST_PAGE)


def moment(value: datetime | date | None) -> Markup:
    """A date or a moment as ``<time>`` in the application's zone; never broken over two lines."""
    if value is None:
        return Markup("--")
    if isinstance(value, datetime):
        shown = local(value, parts().settings.zone)
        return Markup('<time datetime="{}">{}</time>').format(
            shown.isoformat(timespec="seconds"), shown.strftime("%Y-%m-%d %H:%M")
        )
    return Markup('<time datetime="{0}">{0}</time>').format(value.isoformat())


def linked(address: str, text: object, *, strong: bool = False) -> Markup:
    """A link, for the cell of a table."""
    shown = Markup("<strong>{}</strong>").format(text) if strong else text
    return Markup('<a href="{}">{}</a>').format(address, shown)


def ticked(form: str, value: object, label: str) -> Markup:
    """A box to tick in a row of a table, for a form that stands elsewhere on the page."""
    return Markup(
        '<label class="pick"><input type="checkbox" form="{}" name="picked" value="{}">'
        '<span class="unseen">{}</span></label>'
    ).format(form, value, label)


def tagged(kind: str, label: Text) -> Markup:
    """A tag; ``kind`` is its colour's name in the style sheet."""
    return Markup('<span class="tag {}">{}</span>').format(kind, say(label))


def noted(shown: object, note: object) -> Markup:
    """Something with a note beside it, for the cell of a table."""
    return Markup('{} <span class="note">{}</span>').format(shown, note)


def coded(text: object) -> Markup:
    """A text to be copied sign by sign."""
    return Markup("<code>{}</code>").format(text)


def beside(*pieces: object) -> Markup:
    """Several things in one cell."""
    return Markup(" ").join(pieces)  # type: ignore[arg-type]


def above(first: object, second: object) -> Markup:
    """Two lines in one cell, the second unbroken."""
    return Markup('{}<br><span class="nowrap">{}</span>').format(first, second)


def day_tag(day: date, kind: str, label: Text, **values: object) -> Markup:
    """A day with its weekday and what it means: ``11-26（周四，剩 3 个工作日）``."""
    lang = current_lang()
    shown = Text("{day}（{weekday}）", "{weekday} {day}").say(lang, day=f"{day:%m-%d}", weekday=WEEKDAYS[day.weekday()])
    said = label.say(lang, **values)
    return Markup('<time datetime="{}">{}</time> <span class="tag {}">{}</span>').format(day, shown, kind, said)


def other_language() -> str:
    """This page in the other language, its query kept."""
    query = request.args.to_dict()
    query["lang"] = "zh" if current_lang() == "en" else "en"
    return f"{_path_to_open()}?{urlencode(query)}"


def _path_to_open() -> str:
    """This page's path; for the answer to a form that is only sent, never opened, the nearest page above it."""
    path, routes = request.path, current_app.create_url_adapter(request)
    while request.method == "POST" and path != "/" and routes and "GET" not in routes.allowed_methods(path):
        path = path.rpartition("/")[0] or "/"
    return path


def with_query(**changes: Any) -> str:
    """This page with some of its query changed; None leaves a value out."""
    query = {**request.args.to_dict(), **{k: str(v) for k, v in changes.items() if v is not None}}
    return f"{request.path}?{urlencode({k: v for k, v in query.items() if changes.get(k, v) is not None})}"


def announce(text: Text, **values: Any) -> None:
    """Have the next page say this at its top, once: what was done, or what to do now."""
    flash({"zh": text.say("zh", **values), "en": text.say("en", **values)})  # type: ignore[arg-type]


def add_view(app: Flask) -> None:
    """Make the helpers known to all templates."""
    app.jinja_env.globals.update(
        t=t,
        say=say,
        money=money,
        yuan=yuan,
        fen=fen_text,
        pct=pct,
        rate=rate,
        moment=moment,
        other_language=other_language,
        menu=menu_parts,
        unread=lambda: g.get("unread", 0),
        is_current=is_current,
        new_number=lambda: secrets.token_urlsafe(16),
        with_query=with_query,
        lang=current_lang,
        me=me,
        may=may_do,
        settings=lambda: parts().settings,
        today=current_day,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
