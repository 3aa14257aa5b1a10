"""Tables of consents as those read them to whom they were given, and of who looked at an enterprise's data when."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import String, case, cast, select

from matchmaker.accounts.consent import active, is_active
from matchmaker.accounts.gate import BASES, CHANNELS
from matchmaker.accounts.models import Consent, Disclosure
from matchmaker.domain.terms import ConsentPurpose, FieldGroup
from matchmaker.domain.text import Text
from matchmaker.guarantee.models import EnterpriseRating
from matchmaker.lists.entry import Entry, fields_of
from matchmaker.lists.models import LISTS, CreditRecord
from matchmaker.web.tables.filters import Choice, During, Flag
from matchmaker.web.tables.table import Column, Table
from matchmaker.web.view import moment, parts, say, t, tagged

_CONSENT: Any = Consent
_LOOK: Any = Disclosure
_LABELS: Mapping[Any, Text] = CHANNELS
_REASONS: Mapping[Any, Text] = BASES
Names = Mapping[str, str]
_WHO = Text("企业", "Enterprise")
_FOR = Text("用途", "For")
_PURPOSES = [(one.value, one.label) for one in ConsentPurpose]
_MOST_NAMED = 3


def consents_table(organisations: Names, now: datetime, firms: Callable[[], Names] | None) -> Table:
    """Those that hold first. ``firms``: USCC → name, asked once the rows are known, for who may read every name."""
    holds = active(now)
    states = {"active": (_STATES[True], holds), "ended": (_STATES[False], ~holds)}
    columns = [
        Column("to", Text("授权给谁", "To whom"), lambda one: organisations.get(one.org_code, one.org_code),
               _CONSENT.org_code),
        *_firm(firms, _CONSENT.uscc),
        Column("what", Text("看哪些", "What"), _groups, form="long"),
        Column("purpose", _FOR, lambda one: say(ConsentPurpose.of(one.purpose).label), _CONSENT.purpose),
        Column("given", Text("授权时间", "Given"), lambda one: moment(one.granted_at), _CONSENT.granted_at, "day",
               value=lambda one: one.granted_at),
        Column("until", Text("到期日", "Until"), lambda one: moment(one.expires_at), _CONSENT.expires_at, "day",
               value=lambda one: one.expires_at),
        Column("state", Text("状态", "State"), lambda one: _state(one, now), case((holds, 0), else_=1),
               value=lambda one: _STATES[is_active(one, now)]),
    ]  # fmt: skip
    return Table(
        base=select(Consent), columns=columns, unique=_CONSENT.id.desc(), default_sort="state",
        filters=[
            Flag("state", Text("状态", "State"), states),
            Choice("purpose", _FOR, _CONSENT.purpose, _PURPOSES),
            During("until", Text("到期日", "Until"), _CONSENT.expires_at, parts().settings.zone),
        ],
    )  # fmt: skip


def _firm(firms: Callable[[], Names] | None, column: Any) -> list[Column]:
    if firms is None:
        return []
    return [Column("firm", _WHO, lambda one: firms().get(one.uscc, one.uscc), column)]


def groups_of(consent: Consent) -> list[Text]:
    """The labels of what a consent opens."""
    return [group.label for group in FieldGroup if group.value in consent.groups]


def _groups(consent: Consent) -> str:
    return t("；", "; ").join(say(label) for label in groups_of(consent))


def _state(one: Consent, now: datetime) -> Any:
    holds = is_active(one, now)
    return tagged("pass" if holds else "out", _STATES[holds])


def looks_table(organisations: Names, firms: Callable[[], Names] | None, *, credit_only: bool = False) -> Table:
    """Every look at what an enterprise lets be seen, the newest first; ``credit_only``: at its credit records."""
    base = select(Disclosure)
    at_credit = cast(_LOOK.fields, String).contains('"credit-records.')
    return Table(
        base=base.where(at_credit) if credit_only else base,
        columns=[
            Column("at", Text("时间", "When"), lambda one: moment(one.at), _LOOK.at, "day", value=lambda one: one.at),
            *_firm(firms, _LOOK.uscc),
            Column("who", Text("谁", "Who"), lambda one: organisations.get(one.org_code, t("平台", "the platform")),
                   _LOOK.org_code),
            Column("what", Text("看了什么", "What"), lambda one: _seen(one.fields, _MOST_NAMED), form="long",
                   value=lambda one: _seen(one.fields, None)),
            Column("purpose", _FOR, lambda one: say(ConsentPurpose.of(one.purpose).label), _LOOK.purpose),
            Column("how", Text("方式", "How"), lambda one: say(_LABELS[one.channel]), _LOOK.channel),
            Column("basis", Text("依据", "Basis"), lambda one: say(_REASONS[one.basis]), _LOOK.basis),
        ],
        unique=_LOOK.id.desc(),
        filters=[
            Choice("who", Text("谁", "Who"), _LOOK.org_code, [(c, Text(n, n)) for c, n in organisations.items()]),
            During("at", Text("时间", "When"), _LOOK.at, parts().settings.zone),
            Choice("purpose", _FOR, _LOOK.purpose, _PURPOSES),
            Choice("how", Text("方式", "How"), _LOOK.channel, list(_LABELS.items())),
            Flag("about", Text("看了什么", "What"), {"credit": (CreditRecord.label, at_credit)}),
        ],
    )  # fmt: skip


def _seen(codes: Sequence[str], most: int | None) -> str:
    """The columns of each list that were seen; of many, the first ``most`` and how many."""
    return t("；", "; ").join(
        f"{say(label)}{t('：', ': ')}{_some([say(one) for one in columns], most)}" for label, columns in seen_in(codes)
    )


def _some(names: Sequence[str], most: int | None) -> str:
    said = t("、", ", ").join(names[:most])
    if most is None or len(names) <= most:
        return said
    return said + t("等 {n} 项", " and more, {n} in all", n=len(names))


def seen_in(codes: Sequence[str]) -> list[tuple[Text, list[Text]]]:
    """The codes of a disclosure (``enterprises.name``) as the label of each list and those of its columns."""
    found = []
    for kind in _LOOKED_AT:
        columns = [f.label for f in fields_of(_LOOKED_AT[kind]) if f"{kind}.{f.code}" in codes]
        if columns:
            found.append((_LOOKED_AT[kind].label, columns))
    return found


_LOOKED_AT: dict[str, type[Entry]] = {
    **{kind: LISTS[kind] for kind in ("enterprises", "needs", "contacts", "credit-records")},
    EnterpriseRating.kind_name: EnterpriseRating,
}
_STATES = {True: Text("有效", "holds"), False: Text("已结束", "ended")}
