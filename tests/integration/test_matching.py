"""Runs over the conformance lists: facts, stored pairs, recomputation, concurrency."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, is_dataclass, replace
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import event, func, select, update
from sqlalchemy.orm import Session

from matchmaker.actor import SYSTEM, Actor
from matchmaker.db import Database
from matchmaker.domain.errors import ConflictError, NotFoundError
from matchmaker.domain.terms import EntryStatus, Side, Verdict
from matchmaker.lists.models import CreditRecord, Enterprise, Need, Product
from matchmaker.lists.services import change_status
from matchmaker.matching.facts import load_market, load_pair_market
from matchmaker.matching.models import MatchPair, MatchRun
from matchmaker.matching.queries import get_run, latest_run, pairs_of_need, pairs_of_product, rows_of_run
from matchmaker.matching.services import current_run, ensure_run, recompute_run, run_matching, stream_export
from matchmaker.scoring.prepared import in_market, prepare_need, prepare_product
from matchmaker.scoring.score import score
from matchmaker.scoring.verdict import judge
from tests.contract import conformance_lists
from tests.support.stock import NOW, ON, put

TOP_K = 5


@pytest.fixture
def database(conformance_url: str) -> Iterator[Database]:
    """Both databases, filled with the conformance lists."""
    filled = Database(conformance_url)
    yield filled
    filled.dispose()


def run_now(database: Database) -> int:
    with database.writing(SYSTEM) as session:
        return run_matching(session, on=ON, now=NOW, top_k=TOP_K).id


def step(database: Database, model: type, key: str, verb: str) -> None:
    column = {Need: Need.need_no, Product: Product.product_code, Enterprise: Enterprise.uscc}[model]
    with database.writing(SYSTEM) as session:
        entry = session.scalars(select(model).where(column == key)).one()
        change_status(session, actor=Actor("test", Side.TRUSTED), entry=entry, verb=verb, now=NOW)


def test_facts_are_what_the_files_say(database: Database) -> None:
    with database.reading(SYSTEM) as session:
        market = load_market(session, ON)
    banks = {name: code for code, name in market.bank_names.items()}
    expected = sorted(conformance_lists.needs(), key=lambda need: need.need_no)
    offered = [replace(product, bank=banks[product.bank]) for product in conformance_lists.products()]
    valid = sorted((one for one in offered if in_market(one, ON)), key=lambda product: product.product_code)
    assert [_unordered(need) for need in market.needs] == [_unordered(need) for need in expected]
    assert [_unordered(product) for product in market.products] == [_unordered(product) for product in valid]
    rows = conformance_lists.rows(conformance_lists.LISTS / "credit-records.csv")
    assert market.credit_sources == tuple(sorted({row["source"] for row in rows}))


def _unordered(value: Any) -> Any:
    """Facts with the order of several values in a cell (and of records) left out."""
    if is_dataclass(value):
        return {field.name: _unordered(getattr(value, field.name)) for field in fields(value)}
    return sorted(map(str, value)) if isinstance(value, tuple) else value


def test_versions_give_the_same_market_as_the_tables(database: Database) -> None:
    with database.reading(SYSTEM) as session:
        market = load_market(session, ON)
        assert load_market(session, ON, version_id=market.version_id) == market


def test_stored_pairs_are_those_of_the_scalar_path(database: Database) -> None:
    """Verdicts, criteria, scores and ranks of every stored pair, and which pairs are stored, from first principles."""
    run_id = run_now(database)
    with database.reading(SYSTEM) as session:
        stored = {row[:2]: row[2:] for row in rows_of_run(session, run_id)}
        run = get_run(session, run_id)
        counted = [run.eligible, run.near, run.needs_information, run.ineligible]
    expected, totals = _expected_rows()
    assert stored == expected
    assert counted == [totals[verdict] for verdict in Verdict]


def _expected_rows() -> tuple[dict[tuple[str, str], tuple[object, ...]], dict[Verdict, int]]:
    tables = conformance_lists.reference()
    needs = [prepare_need(need, ON, tables) for need in conformance_lists.needs()]
    products = [prepare_product(product, ON, tables) for product in conformance_lists.products()]
    products = [product for product in products if in_market(product.facts, ON)]
    of_need, of_product = defaultdict(list), defaultdict(list)
    followed: dict[tuple[str, Verdict], list[tuple[int, str]]] = defaultdict(list)
    judged, totals = {}, dict.fromkeys(Verdict, 0)
    for need in needs:
        for product in products:
            number = need.facts.need_no
            found = judge(need, product)
            totals[found.verdict] += 1
            tenths = score(need, product) if found.verdict is Verdict.ELIGIBLE else None
            judged[number, product.code] = (found.verdict, ";".join(found.failed), ";".join(found.unknown), tenths)
            if tenths is not None:
                of_need[number].append((-tenths, product.code))
                of_product[product.code].append((-tenths, number))
            elif found.verdict is not Verdict.INELIGIBLE:
                followed[number, found.verdict].append((len(found.failed) + len(found.unknown), product.code))
    ranks = {(n, code): rank for n, some in of_need.items() for rank, (_, code) in enumerate(sorted(some), 1)}
    other = {(n, code): rank for code, some in of_product.items() for rank, (_, n) in enumerate(sorted(some), 1)}
    rows: dict[tuple[str, str], tuple[object, ...]] = {
        pair: (*judged[pair], ranks[pair], other[pair])
        for pair in ranks
        if ranks[pair] <= TOP_K or other[pair] <= TOP_K
    }
    for (number, _), some in followed.items():
        rows |= {(number, code): (*judged[number, code], None, None) for _, code in sorted(some)[:TOP_K]}
    return rows, totals


def test_pairs_name_the_versions_they_were_computed_from(database: Database) -> None:
    put(database, "products", product_code="E007AGE6", description="改过一次")
    run_id = run_now(database)
    with database.reading(SYSTEM) as session:
        found = pairs_of_product(session, run_id, "E007AGE6")
        assert found
        assert {(p.product_version, p.need_version, p.enterprise_version) for p in found} == {(2, 1, 1)}


def test_pairs_are_read_from_both_sides_best_first(database: Database) -> None:
    run_id = run_now(database)
    with database.reading(SYSTEM) as session:
        some = session.scalars(select(MatchPair).where(MatchPair.rank_for_need == 1)).first()
        assert some is not None
        mine = pairs_of_need(session, run_id, some.need_no)
        theirs = pairs_of_product(session, run_id, some.product_code)
        assert mine[0].product_code == some.product_code
    order = [(list(Verdict).index(p.verdict), p.rank_for_need or 0) for p in mine]
    assert order == sorted(order)
    order = [(list(Verdict).index(p.verdict), p.rank_for_product or 0) for p in theirs]
    assert order == sorted(order)


def test_a_past_run_comes_out_the_same_after_everything_changed(database: Database) -> None:
    run_id = run_now(database)
    with database.reading(SYSTEM) as session:
        rows = list(rows_of_run(session, run_id))
        need_no, code = next(row[:2] for row in rows if row.verdict is Verdict.ELIGIBLE)
        uscc = session.scalars(select(Need.uscc).where(Need.need_no != need_no)).first()
    put(database, "products", product_code=code, rate_min_pct="LPR-10BP", decision_days=1, valid_to="2026-11-29")
    put(database, "enterprises", uscc=uscc, industry_code=None, founded_on="2026-11-01", tiers=None)
    put(database, "credit-records", source="新", record_no="1", uscc=uscc, kind="SERIOUS_LIST", severity="SERIOUS")
    put(database, "lpr", date="2026-11-20", lpr_1y_pct="2.5", lpr_5y_pct="3.0")
    put(database, "size-classes", no="2", small_from_1=19)
    step(database, Need, need_no, "withdraw")
    with database.reading(SYSTEM) as session:
        found = recompute_run(session, run_id)
        assert found.same, [difference.zh for difference in found.differences]
        assert current_run(session, ON, TOP_K) is None
        old = get_run(session, run_id).digest
    later = run_now(database)
    with database.reading(SYSTEM) as session:
        new = get_run(session, later)
        assert new.digest != old
        assert new.needs == 194
        assert recompute_run(session, later).same
        latest = latest_run(session)
        assert latest is not None
        assert latest.id == later


def test_recompute_finds_a_stored_pair_that_was_tampered_with(database: Database) -> None:
    run_id = run_now(database)
    with database.writing(SYSTEM) as session:
        pair = session.scalars(select(MatchPair).where(MatchPair.verdict == Verdict.ELIGIBLE)).first()
        assert pair is not None
        pair.score_tenths = 1000
        lost = session.scalars(select(MatchPair).where(MatchPair.verdict == Verdict.NEAR)).first()
        session.delete(lost)
    with database.reading(SYSTEM) as session:
        found = recompute_run(session, run_id)
        assert not found.same
        assert found.digest == get_run(session, run_id).digest
    assert len(found.differences) == 2
    assert any(f"{pair.need_no} × {pair.product_code}" in difference.en for difference in found.differences)


def test_recompute_refuses_a_run_of_other_rules(database: Database) -> None:
    run_id = run_now(database)
    with database.writing(SYSTEM) as session:
        session.execute(update(MatchRun).values(rules_version="2020.01"))
    with database.reading(SYSTEM) as session, pytest.raises(ConflictError, match=r"2020\.01"):
        recompute_run(session, run_id)
    with database.reading(SYSTEM) as session, pytest.raises(NotFoundError, match=str(run_id)):
        recompute_run(session, run_id + 99)


def test_a_run_is_made_once_for_the_same_lists(database: Database) -> None:
    def ensured() -> int:
        with database.writing(SYSTEM) as session:
            return ensure_run(session, on=ON, now=NOW, top_k=TOP_K).id

    first = ensured()
    assert ensured() == first
    put(database, "products", product_code="E007AGE6", decision_days=2)
    second = ensured()
    assert second != first
    with database.writing(SYSTEM) as session:
        assert ensure_run(session, on=ON, now=NOW, top_k=TOP_K + 1).id not in (first, second)


def test_several_at_once_make_one_run(database: Database) -> None:
    together = Barrier(4)

    def ensured(_: int) -> int:
        together.wait()
        with database.writing(SYSTEM) as session:
            return ensure_run(session, on=ON, now=NOW, top_k=TOP_K).id

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(ensured, range(4)))) == 1
    with database.reading(SYSTEM) as session:
        assert session.scalar(select(func.count()).select_from(MatchRun)) == 1


def test_runs_side_by_side_come_to_the_same(database: Database) -> None:
    with ThreadPoolExecutor(3) as pool:
        runs = list(pool.map(run_now, [database] * 3))
    with database.reading(SYSTEM) as session:
        assert len(set(runs)) == 3
        assert len({get_run(session, run_id).digest for run_id in runs}) == 1


@pytest.mark.postgres
def test_a_change_during_the_reading_never_gives_a_mixed_market(conformance_postgres_url: str) -> None:
    """A need is withdrawn after the enterprises were read and before the needs are: the version must fit the facts."""
    database, other = Database(conformance_postgres_url), Database(conformance_postgres_url)
    number = conformance_lists.needs()[0].need_no
    changed: list[str] = []

    def change(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if not changed and "FROM enterprise" in statement:
            changed.append(number)
            step(other, Need, number, "withdraw")

    event.listen(database.engine, "after_cursor_execute", change)
    with database.writing(SYSTEM) as session:
        market = load_market(session, ON)
        assert changed
        assert load_market(session, ON, version_id=market.version_id) == market
    assert number not in market.need_versions
    database.dispose()
    other.dispose()


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("model", [Need, Product, Enterprise])
def test_only_published_entries_are_in_the_market(database: Database, model: type, back: bool) -> None:
    with database.reading(SYSTEM) as session:
        before = load_market(session, ON)
    need = before.needs[0]
    key = {Need: need.need_no, Product: before.products[0].product_code, Enterprise: need.enterprise.uscc}[model]
    step(database, model, key, "suspend")
    if back:
        step(database, model, key, "resume")
    with database.reading(SYSTEM) as session:
        after = load_market(session, ON)
        assert load_market(session, ON, version_id=after.version_id) == after
    missing = {n.need_no for n in before.needs} - {n.need_no for n in after.needs}
    missing |= {p.product_code for p in before.products} - {p.product_code for p in after.products}
    assert missing == (set() if back else {before.products[0].product_code} if model is Product else {need.need_no})


def test_a_withdrawn_credit_record_no_longer_counts(database: Database) -> None:
    with database.writing(SYSTEM) as session:
        record = session.scalars(select(CreditRecord)).first()
        assert record is not None
        change_status(session, actor=Actor("test", Side.TRUSTED), entry=record, verb="withdraw", now=NOW)
        uscc, number = record.uscc, record.record_no
    with database.reading(SYSTEM) as session:
        market = load_market(session, ON)
    assert number not in {kept.record_no for kept in market.enterprises[uscc].records}


def test_one_pair_alone_has_the_same_facts(database: Database) -> None:
    with database.reading(SYSTEM) as session:
        market = load_market(session, ON)
        for need, product in zip(market.needs[::40], market.products[::12], strict=False):
            one = load_pair_market(session, ON, need.need_no, product.product_code)
            assert one.needs == (need,)
            assert one.products == (product,)
            assert one.reference == market.reference
            assert one.credit_sources == market.credit_sources


def test_export_without_all_is_what_a_run_would_store_as_eligible(database: Database) -> None:
    run_id = run_now(database)
    with database.reading(SYSTEM) as session:
        stored = [row for row in rows_of_run(session, run_id) if row.verdict is Verdict.ELIGIBLE]
        assert list(stream_export(session, ON, all_pairs=False, top_k=TOP_K)) == stored


@pytest.mark.parametrize("kept", ["needs", "products", "neither"])
def test_an_empty_market_makes_an_empty_run(conformance_sqlite_url: str, kept: str) -> None:
    database = Database(conformance_sqlite_url)
    empty: list[Callable[[Session], object]] = []
    if kept != "needs":
        empty.append(lambda session: session.execute(update(Need).values(status=EntryStatus.WITHDRAWN)))
    if kept != "products":
        empty.append(lambda session: session.execute(update(Product).values(status=EntryStatus.WITHDRAWN)))
    with database.writing(SYSTEM) as session:
        for change in empty:
            change(session)
    run_id = run_now(database)
    with database.reading(SYSTEM) as session:
        run = get_run(session, run_id)
        assert (run.pairs, run.eligible, run.ineligible) == (0, 0, 0)
        assert (run.needs > 0, run.products > 0) == (kept == "needs", kept == "products")
        assert list(rows_of_run(session, run_id)) == []
        assert list(stream_export(session, ON, all_pairs=True, top_k=TOP_K)) == []
    database.dispose()
