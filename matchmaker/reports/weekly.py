"""The bureau's weekly figures, one row a figure: key, name, definition, unit, query."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.domain.money import amount_text
from matchmaker.domain.terms import EntryStatus, Security, Verdict
from matchmaker.domain.text import Lang, Text
from matchmaker.domain.workdays import Workdays
from matchmaker.lists.models import Need, Policy, Product
from matchmaker.lists.validity import in_force, is_wanted
from matchmaker.matching.facts import Market
from matchmaker.matching.models import MatchPair
from matchmaker.outbox.queries import failed_between, sent_between
from matchmaker.scoring.facts import Need as NeedFacts
from matchmaker.settings import Settings

WEEK = timedelta(days=7)
EXPIRING_DAYS = 30
MOST_GAPS = 5
_NO_GAP = (Security.NONE, Security.CREDIT)
"""Nothing offered, or nothing asked for: no security that a product could be missing for."""


@dataclass(frozen=True)
class WeekFacts:
    """What the figures of one week are counted from. ``monday``: its first day; ``today``: the day of the report."""

    session: Session
    settings: Settings
    market: Market
    monday: date
    now: datetime
    today: date
    submitted: Mapping[str, tuple[date, int]]
    """need_no → (day submitted, amount in fen) of every need that was ever published."""
    served: frozenset[str]
    """Needs with at least one product that fits, in the current matching."""
    calendar_until: date | None
    """Last day of the newest year that the workday calendar knows."""

    def within(self, day: date, *, weeks_ago: int = 0) -> bool:
        """Whether ``day`` lies in the week (or in an earlier one)."""
        start = self.monday - weeks_ago * WEEK
        return start <= day < start + WEEK

    def open_needs(self) -> list[NeedFacts]:
        """Needs of the market whose latest funding date has not passed."""
        return [need for need in self.market.needs if is_wanted(need, self.today)]

    def span(self) -> tuple[datetime, datetime]:
        """The week as moments."""
        zone = self.settings.zone
        start = datetime.combine(self.monday, time(), zone)
        return start, datetime.combine(self.monday + WEEK, time(), zone)


def load_week(
    session: Session,
    market: Market,
    match_run_id: int,
    monday: date,
    now: datetime,
    workdays: Workdays,
    settings: Settings,
) -> WeekFacts:
    """Gather what the figures need. A need without a submission date counts from the day it came in."""
    zone = settings.zone
    known = Need.status.in_((EntryStatus.PUBLISHED, EntryStatus.SUSPENDED, EntryStatus.WITHDRAWN, EntryStatus.EXPIRED))
    rows = session.execute(select(Need.need_no, Need.submitted_on, Need.created_at, Need.amount_fen).where(known))
    fits = select(MatchPair.need_no).where(MatchPair.run_id == match_run_id, MatchPair.verdict == Verdict.ELIGIBLE)
    years = {day.year for day in workdays.days}
    return WeekFacts(
        session=session,
        settings=settings,
        market=market,
        monday=monday,
        now=now,
        today=now.astimezone(zone).date(),
        submitted={no: (day or made.astimezone(zone).date(), fen) for no, day, made, fen in rows},
        served=frozenset(session.scalars(fits.distinct())),
        calendar_until=date(max(years), 12, 31) if years else None,
    )


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the report. ``query`` gives an integer (fen for amounts), None where unknown; ``unit`` says it."""

    key: str
    label: Text
    definition: Text
    unit: Callable[[int, Lang], str]
    query: Callable[[WeekFacts], int | None]

    def say(self, value: int | None, lang: Lang) -> str:
        """A value with its unit."""
        return "--" if value is None else self.unit(value, lang)


def _counting(zh: str, one: str, many: str) -> Callable[[int, Lang], str]:
    return lambda n, lang: Text(f"{n} {zh}", f"{n} {one if n == 1 else many}").say(lang)


_NEEDS = _counting("笔", "need", "needs")
_POLICIES = _counting("条", "policy", "policies")
_PRODUCTS = _counting("个", "product", "products")
_FEN = amount_text
_MESSAGES = _counting("条", "message", "messages")
_DAYS = _counting("天", "day", "days")


def _new(week: WeekFacts, weeks_ago: int = 0) -> list[int]:
    return [fen for day, fen in week.submitted.values() if week.within(day, weeks_ago=weeks_ago)]


def _new_served(week: WeekFacts) -> int:
    return sum(week.within(day) and no in week.served for no, (day, _) in week.submitted.items())


def _counted(week: WeekFacts, model: Any) -> Any:
    """Published and in force on the day of the report, whether or not the nightly job has run."""
    return (model.status == EntryStatus.PUBLISHED) & in_force(model, week.today)


def _published(week: WeekFacts, model: Any) -> int:
    return week.session.scalar(select(func.count()).where(_counted(week, model))) or 0


def _added(week: WeekFacts, model: Any) -> int:
    start, end = week.span()
    new = _counted(week, model) & (model.created_at >= start) & (model.created_at < end)
    return week.session.scalar(select(func.count()).where(new)) or 0


def _stale(week: WeekFacts, model: Any) -> int:
    limit = week.now - timedelta(days=week.settings.stale_days)
    stale = _counted(week, model) & (model.confirmed_at < limit)
    return week.session.scalar(select(func.count()).where(stale)) or 0


def _expiring(week: WeekFacts, model: Any) -> int:
    soon = _counted(week, model) & (model.valid_to <= week.today + timedelta(days=EXPIRING_DAYS))
    return week.session.scalar(select(func.count()).where(soon)) or 0


def _calendar_days(week: WeekFacts) -> int | None:
    return None if week.calendar_until is None else max((week.calendar_until - week.today).days, 0)


FIGURES: tuple[Figure, ...] = (
    Figure(
        "new_needs",
        Text("新增需求", "new needs"),
        Text(
            "提交日期在本周的需求，草稿与待审核除外", "needs submitted in the week, without drafts and unreviewed ones"
        ),
        _NEEDS,
        lambda w: len(_new(w)),
    ),
    Figure(
        "new_amount_fen",
        Text("新增需求金额", "amount of new needs"),
        Text("上述需求的融资金额合计", "sum of the amounts of these needs"),
        _FEN,
        lambda w: sum(_new(w)),
    ),
    Figure(
        "earlier_amount_fen",
        Text("上周新增需求金额", "amount of the week before"),
        Text("前一周的同一口径", "the same for the week before"),
        _FEN,
        lambda w: sum(_new(w, 1)),
    ),
    Figure(
        "new_needs_served",
        Text("有符合产品的新增需求", "new needs that a product fits"),
        Text("新增需求中，当前匹配至少有一个产品符合的", "of the new needs, those that at least one product fits now"),
        _NEEDS,
        _new_served,
    ),
    Figure(
        "policies",
        Text("政策", "policies"),
        Text("已发布且在有效期内的政策", "published policies in force"),
        _POLICIES,
        lambda w: _published(w, Policy),
    ),
    Figure(
        "policies_new",
        Text("新增政策", "new policies"),
        Text("本周入库、已发布且在有效期内的政策", "entered in the week, published, in force"),
        _POLICIES,
        lambda w: _added(w, Policy),
    ),
    Figure(
        "policies_expiring",
        Text("即将到期的政策", "policies about to end"),
        Text("30 日内到期的已发布、有效政策", "published policies in force that end within 30 days"),
        _POLICIES,
        lambda w: _expiring(w, Policy),
    ),
    Figure(
        "products",
        Text("产品", "products"),
        Text("已发布且在有效期内的产品", "published products in force"),
        _PRODUCTS,
        lambda w: _published(w, Product),
    ),
    Figure(
        "products_new",
        Text("新增产品", "new products"),
        Text("本周入库、已发布且在有效期内的产品", "entered in the week, published, in force"),
        _PRODUCTS,
        lambda w: _added(w, Product),
    ),
    Figure(
        "products_stale",
        Text("久未确认的产品", "stale products"),
        Text(
            "超过设定天数未确认的上述产品，暂停推送",
            "of the products, those not confirmed for the set number of days; not pushed",
        ),
        _PRODUCTS,
        lambda w: _stale(w, Product),
    ),
    Figure(
        "products_expiring",
        Text("即将到期的产品", "products about to end"),
        Text("30 日内到期的已发布、有效产品", "published products in force that end within 30 days"),
        _PRODUCTS,
        lambda w: _expiring(w, Product),
    ),
    Figure(
        "needs_open",
        Text("在库需求", "open needs"),
        Text("已发布且未过最晚到账日的需求", "published needs whose latest funding date has not passed"),
        _NEEDS,
        lambda w: _published(w, Need),
    ),
    Figure(
        "needs_stale",
        Text("久未确认的需求", "stale needs"),
        Text(
            "超过设定天数未确认的在库需求，暂停推送",
            "of the open needs, those not confirmed for the set number of days; not pushed",
        ),
        _NEEDS,
        lambda w: _stale(w, Need),
    ),
    Figure(
        "needs_unserved",
        Text("尚无符合产品的需求", "needs that no product fits"),
        Text(
            "在库需求中，当前匹配没有产品符合的",
            "of the open needs, those that no product fits in the current matching",
        ),
        _NEEDS,
        lambda w: sum(need.need_no not in w.served for need in w.open_needs()),
    ),
    Figure(
        "messages_sent",
        Text("已发送推送", "messages sent"),
        Text("本周送达通道的消息", "messages that a channel took in the week"),
        _MESSAGES,
        lambda w: sent_between(w.session, *w.span()),
    ),
    Figure(
        "messages_failed",
        Text("发送失败", "messages failed"),
        Text("本周生成、目前为失败的消息", "made in the week, failed now"),
        _MESSAGES,
        lambda w: failed_between(w.session, *w.span()),
    ),
    Figure(
        "calendar_days_left",
        Text("工作日历剩余", "calendar days left"),
        Text("距工作日历最后一天的天数", "days until the last day of the workday calendar"),
        _DAYS,
        _calendar_days,
    ),
)


@dataclass(frozen=True, slots=True)
class Gap:
    """A chain whose needs offer a kind of security that no product in the market takes."""

    chain: Text
    security: Text
    needs: int


def find_gaps(week: WeekFacts) -> list[Gap]:
    """Chain × security with needs and no product, the most needs first; at most five.

    A need counts where it offers the security; a product counts where it takes it and is open to the chain, whatever
    else it asks. No enterprise is named.
    """
    market = week.market
    taken: dict[Security, set[str | None]] = defaultdict(set)
    for product in market.products:
        for kind in product.asks.security or tuple(Security):
            taken[kind] |= set(product.asks.chains) if product.asks.chains else {None}
    missing: Counter[tuple[str, Security]] = Counter()
    for need in week.open_needs():
        chain = need.enterprise.chain_code
        if chain is None:
            continue
        for kind in need.security_offered:
            if kind not in _NO_GAP and not taken[kind] & {chain, None}:
                missing[chain, kind] += 1
    ordered = sorted(missing.items(), key=lambda found: (-found[1], found[0][0], found[0][1].value))
    names = market.reference.names
    return [
        Gap(names.get(("chain", chain), Text(chain, chain)), kind.label, count)
        for (chain, kind), count in ordered[:MOST_GAPS]
    ]
