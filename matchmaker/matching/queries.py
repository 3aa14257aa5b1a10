"""Reading stored runs and their pairs."""

from collections.abc import Iterator, Sequence
from datetime import date

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from matchmaker.domain.errors import NotFoundError
from matchmaker.domain.terms import Verdict
from matchmaker.domain.text import Text
from matchmaker.matching.compute import PairRow
from matchmaker.matching.models import MatchPair, MatchRun

verdict_place = case({verdict.value: place for place, verdict in enumerate(Verdict)}, value=MatchPair.verdict, else_=9)
"""What pairs are sorted by first."""


def get_run(session: Session, run_id: int) -> MatchRun:
    """The run with this id; NotFoundError when there is none."""
    run = session.get(MatchRun, run_id)
    if run is None:
        newest = latest_run(session)
        raise NotFoundError(
            Text(
                "没有编号为 {run_id} 的匹配批次；{newest}。",
                "There is no match run {run_id}; {newest}.",
            ),
            code="unknown_run",
            run_id=run_id,
            newest=_NO_RUN if newest is None else _newest(newest.id),
        )
    return run


_NO_RUN = Text("还没有运行过匹配，先运行 flask match run", "none has been made yet: run flask match run first")


def _newest(run_id: int) -> Text:
    return Text(f"最近一次是 {run_id}", f"the newest is {run_id}")


def latest_run(session: Session, *, until: date | None = None) -> MatchRun | None:
    """The newest run, of those for a day not after ``until`` where that is given; None before the first."""
    found = select(MatchRun).order_by(MatchRun.id.desc()).limit(1)
    return session.scalars(found if until is None else found.where(MatchRun.on_date <= until)).first()


def find_run(
    session: Session, on: date, *, last_version_id: int, rules_version: str, ranker: str, text_weights: str, top_k: int
) -> MatchRun | None:
    """The newest run that was computed from exactly this."""
    found = select(MatchRun).where(
        MatchRun.on_date == on,
        MatchRun.last_version_id == last_version_id,
        MatchRun.rules_version == rules_version,
        MatchRun.ranker == ranker,
        MatchRun.text_weights == text_weights,
        MatchRun.top_k == top_k,
    )
    return session.scalars(found.order_by(MatchRun.id.desc()).limit(1)).first()


def pairs_of_need(session: Session, run_id: int, need_no: str) -> list[MatchPair]:
    """Stored pairs of a need: eligible ones by rank, then near ones, then open questions, by product_code."""
    found = select(MatchPair).where(MatchPair.run_id == run_id, MatchPair.need_no == need_no)
    ordered = found.order_by(verdict_place, MatchPair.rank_for_need.is_(None), MatchPair.rank_for_need)
    return list(session.scalars(ordered.order_by(MatchPair.product_code)))


def pairs_of_product(session: Session, run_id: int, product_code: str) -> list[MatchPair]:
    """Stored pairs of a product, in the same order from the product's side, ties by need_no."""
    found = select(MatchPair).where(MatchPair.run_id == run_id, MatchPair.product_code == product_code)
    ordered = found.order_by(verdict_place, MatchPair.rank_for_product.is_(None), MatchPair.rank_for_product)
    return list(session.scalars(ordered.order_by(MatchPair.need_no)))


def rows_of_run(session: Session, run_id: int) -> Iterator[PairRow]:
    """The stored rows of a run by need_no and product_code, by code point whatever the database's collation."""
    plain = "C" if session.get_bind().dialect.name == "postgresql" else "BINARY"
    found = (
        select(*(getattr(MatchPair, name) for name in PairRow._fields))
        .where(MatchPair.run_id == run_id)
        .order_by(MatchPair.need_no.collate(plain), MatchPair.product_code.collate(plain))
    )
    return (PairRow(*row) for row in session.execute(found.execution_options(yield_per=5_000)))


def count_pairs(session: Session, run_id: int, need_nos: Sequence[str]) -> dict[tuple[str, Verdict], int]:
    """(need_no, verdict) → how many pairs of these needs a run stores."""
    found = session.execute(
        select(MatchPair.need_no, MatchPair.verdict, func.count())
        .where(MatchPair.run_id == run_id, MatchPair.need_no.in_(need_nos))
        .group_by(MatchPair.need_no, MatchPair.verdict)
    )
    return {(need_no, verdict): count for need_no, verdict, count in found}
