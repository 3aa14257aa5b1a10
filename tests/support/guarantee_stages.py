"""Guarantees in several states on a city whose enterprises are really rated, for tests and pictures of pages."""

from pathlib import Path

from matchmaker.actor import SYSTEM
from matchmaker.db import Database
from matchmaker.domain.guarantee_terms import GuaranteeState as S
from matchmaker.guarantee.rating.rules import load_default_rules
from matchmaker.guarantee.rating.services import rate_enterprise
from matchmaker.settings import Settings
from tests.support.city import code_of, put
from tests.support.consenting import record
from tests.support.guaranteeing import LONG, NOW, TODAY, WAN, Play, approver, guaranteed_city, underwriter

STATES = (S.APPLIED, S.WAITING, S.REVIEWED, S.APPROVED, S.IN_FORCE, S.OVERDUE, S.CLAIMED, S.COMPENSATED)
"""State of the case of each enterprise, the first one's first; the enterprises after them have none."""


def rated_city(database: Database, folder: Path, *, firms: int = 10, assets: int = 2_400) -> Settings:
    """The city of ``guaranteeing.py``, its enterprises rated by the package's rules; limits are not far away."""
    settings = guaranteed_city(
        database, folder, firms=firms, schemes={"claim_after_days": "0", "cap_wan": "2200"}, assets=assets
    )
    with database.writing(SYSTEM) as session:
        put(session, "credit-records", record(1, "PUBLIC", kind="HONOUR"), record(2, "AUTHORISED", kind="HONOUR"))
        load_default_rules(session, actor=SYSTEM, now=NOW)
        for number in range(1, firms + 1):
            rate_enterprise(session, actor=SYSTEM, uscc=code_of(number), as_of=TODAY, now=NOW, settings=settings)
    return settings


def play_to(database: Database, settings: Settings, number: int, state: S) -> Play:
    """The case of an enterprise, played to one of ``STATES`` on one day; of 100 × 10k CNY where its loan went ill."""
    play = Play(database, settings, number)
    play.apply(wan=200 if STATES.index(state) < STATES.index(S.OVERDUE) else 100)
    if state is S.WAITING:
        play.step("ask", underwriter(), text="补充最近一年的纳税申报表和主要合同")
    if STATES.index(state) >= STATES.index(S.REVIEWED):
        play.review()
    if STATES.index(state) >= STATES.index(S.APPROVED):
        play.step("approve", approver())
    for kind, fen in _REPORTS[: _UNTIL.get(state, 0)]:
        play.report(kind, fen, no=f"{kind}-{number}")
    if state is S.COMPENSATED:
        play.step("check_claim", underwriter(), text=LONG)
        play.step("compensate", approver())
    return play


_REPORTS = (("drawdown", 100 * WAN), ("overdue", 0), ("claim", 100 * WAN))
_UNTIL = {S.IN_FORCE: 1, S.OVERDUE: 2, S.CLAIMED: 3, S.COMPENSATED: 3}


def stages(database: Database, settings: Settings) -> dict[S, Play]:
    """A case in every one of ``STATES``."""
    return {state: play_to(database, settings, number, state) for number, state in enumerate(STATES, 1)}
