"""The table of all certificates, for the bureau."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask import url_for
from sqlalchemy import case, select

from matchmaker.domain.guarantee_terms import Grade
from matchmaker.domain.text import Text
from matchmaker.guarantee.endorsement.keys import holding
from matchmaker.guarantee.endorsement.models import Certificate, RevokedWhy
from matchmaker.guarantee.endorsement.queries import state_of
from matchmaker.guarantee.endorsement.tokens import Standing
from matchmaker.web.tables.filters import Choice, During, Flag
from matchmaker.web.tables.table import Column, Table
from matchmaker.web.view import linked, moment, parts, say, tagged

_ONE: Any = Certificate
TAGS = {Standing.VALID: "pass", Standing.EXPIRED: "out", Standing.REVOKED: "failed"}


def certificates_table(now: datetime, firms: Callable[[], Mapping[str, str]]) -> Table:
    """Those that hold first. ``firms``: USCC → name, asked once the rows are known."""
    holds, revoked = holding(now), Certificate.revoked_at.is_not(None)
    states = {
        "valid": (Standing.VALID.label, holds),
        "expired": (Standing.EXPIRED.label, ~revoked & ~holds),
        "revoked": (Standing.REVOKED.label, revoked),
    }
    return Table(
        base=select(Certificate),
        columns=[
            Column("firm", Text("企业", "Enterprise"),
                   lambda one: linked(url_for("endorsements.one", public_id=one.public_id), firms().get(one.uscc)),
                   _ONE.uscc, value=lambda one: firms().get(one.uscc)),
            Column("grade", Text("信用等级", "Grade"), lambda one: say(one.grade_term.label), _ONE.grade),
            Column("rating", Text("评级编号", "Rating"), lambda one: one.rating_no, _ONE.rating_no),
            Column("issued", Text("出具时间", "Issued"), lambda one: moment(one.issued_at), _ONE.issued_at, "day",
                   value=lambda one: one.issued_at),
            Column("until", Text("有效期至", "Valid to"), lambda one: moment(one.valid_to), _ONE.valid_to, "day",
                   value=lambda one: one.valid_to),
            Column("state", Text("状态", "State"), lambda one: _tag(one, now), case((holds, 0), else_=1),
                   value=lambda one: state_of(one, now).label),
            Column("why", Text("撤销原因", "Revoked because"), lambda one: _why(one)),
        ],
        unique=_ONE.id.desc(),
        default_sort="state",
        filters=[
            Flag("state", Text("状态", "State"), states),
            Choice("grade", Text("信用等级", "Grade"), _ONE.grade, [(one.value, one.label) for one in Grade]),
            During("issued", Text("出具时间", "Issued"), _ONE.issued_at, parts().settings.zone),
        ],
        search=(_ONE.rating_no, _ONE.public_id),
    )  # fmt: skip


def _tag(one: Certificate, now: datetime) -> Any:
    state = state_of(one, now)
    return tagged(TAGS[state], state.label)


def _why(one: Certificate) -> str:
    return say(RevokedWhy.of(one.revoked_why).label) if one.revoked_why else "--"
