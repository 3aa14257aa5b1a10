"""``flask guarantee events | cover | lapse``: banks' files of reports and of loans, and what is past its day."""

from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from matchmaker.actor import CLI
from matchmaker.cli.base import current_lang, database, echo_json, now, say, settings
from matchmaker.cli.guarantee import guarantee_group
from matchmaker.cli.lists import FILE, IGNORED
from matchmaker.domain.errors import MatchmakerError, NotFoundError, RejectedError
from matchmaker.domain.text import Text
from matchmaker.guarantee.cases.bank_files import LoanRow, ReportRow, read_loans, read_reports
from matchmaker.guarantee.cases.covering import Outcome, cover_batch
from matchmaker.guarantee.cases.events import WAITS, report_event
from matchmaker.guarantee.cases.lapsing import due_to_lapse, lapse_due
from matchmaker.guarantee.cases.models import Guarantee
from matchmaker.lists.files import Table
from matchmaker.lists.queries import find_bank

_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document.")
_DRY = click.option("--dry-run", is_flag=True, help="Only read the file.")


@guarantee_group.command("events")
@click.argument("file", type=FILE)
@_JSON
@_DRY
def events_command(file: Path, as_json: bool, dry_run: bool) -> None:
    """Take a bank's reports on covered loans from FILE (.xlsx or .csv); each counts once, however often it is sent.

    Columns: event_no, guarantee_no, kind, happened_on, amount_yuan, interest_yuan (the last two may be blank).

    \b
    flask guarantee events reports.csv
    flask guarantee events reports.xlsx --dry-run --json
    """
    table, rows = read_reports(file)
    _answer(table, as_json, dry_run, [] if dry_run else [_report(row) for row in rows])


@guarantee_group.command("cover")
@click.argument("file", type=FILE)
@click.option("--bank", required=True, help="Code or name of the bank whose loans these are.")
@_JSON
@_DRY
def cover_command(file: Path, bank: str, as_json: bool, dry_run: bool) -> None:
    """Cover a bank's loans automatically from FILE (见贷即保), each by itself under its scheme's conditions.

    Columns: event_no, scheme_code, uscc, amount_yuan, term_months.

    \b
    flask guarantee cover loans.csv --bank B001
    flask guarantee cover loans.xlsx --bank B001 --dry-run --json
    """
    table, rows = read_loans(file)
    with database().reading(CLI) as session:
        bank_code = find_bank(session, bank)
    found: list[Outcome] = []
    if not dry_run:
        loans = [row.loan for row in rows]
        found = cover_batch(
            database(), actor=CLI, loans=loans, bank_code=bank_code, settings=settings(), now=now()
        )  # fmt: skip
    _answer(table, as_json, dry_run, [_covered(row, one) for row, one in zip(rows, found, strict=not dry_run)])


@guarantee_group.command("lapse")
@_JSON
@click.option("--dry-run", is_flag=True, help="Only list what is past its day.")
def lapse_command(as_json: bool, dry_run: bool) -> None:
    """End reservations that nobody decided and letters that nobody drew on in time; the scheduler does it every night.

    \b
    flask guarantee lapse
    flask guarantee lapse --dry-run --json
    """
    if dry_run:
        with database().reading(CLI) as session:
            ended = [one.guarantee_no for one in due_to_lapse(session, settings=settings(), now=now())]
    else:
        ended = [one.guarantee_no for one in lapse_due(database(), settings=settings(), now=now())]
    if as_json:
        echo_json({"lapsed": ended, "dry_run": dry_run})
        return
    for number in ended:
        click.echo(number)
    say(_LAPSED, count=len(ended))


def _report(row: ReportRow) -> dict[str, Any]:
    """The answer to one row, in a transaction of its own."""
    answer: dict[str, Any] = {"row": row.row, "event_no": row.reported.event_no}
    try:
        with database().writing(CLI) as session:
            mine = select(Guarantee.public_id).where(Guarantee.guarantee_no == row.guarantee_no)
            public_id = session.scalar(mine)
            if public_id is None:
                raise NotFoundError(_NO_CASE, code="not_found", no=row.guarantee_no)
            found = report_event(
                session, actor=CLI, public_id=public_id, reported=row.reported, settings=settings(), now=now()
            )  # fmt: skip
            waits = WAITS.get(found.event.why or "")
            return answer | {
                "state": found.event.state, "why": waits.say(current_lang()) if waits else None,
                "repeated": found.repeated, "guarantee": row.guarantee_no, "stands": found.case.state,
            }  # fmt: skip
    except MatchmakerError as error:
        return answer | _refused(error)


def _covered(row: LoanRow, one: Outcome) -> dict[str, Any]:
    answer: dict[str, Any] = {"row": row.row, "event_no": row.loan.event_no}
    if one.refusal is not None:
        return answer | _refused(one.refusal)
    assert one.case is not None  # what was not refused is covered
    return answer | {"state": "covered", "guarantee": one.case.guarantee_no, "letter": one.case.letter_no}


def _refused(error: MatchmakerError) -> dict[str, Any]:
    return {"state": "refused", "code": error.code, "why": error.say(current_lang())}


def _answer(table: Table, as_json: bool, dry_run: bool, answers: list[dict[str, Any]]) -> None:
    """Each row's answer; exit code 3 where some were refused, after the others were taken."""
    rows, refused = len(table.rows), sum(one["state"] == "refused" for one in answers)
    if table.ignored:
        say(IGNORED, names="、".join(table.ignored))
    if as_json:
        ignored = list(table.ignored)
        echo_json(
            {"dry_run": dry_run, "rows": rows, "refused": refused, "ignored_columns": ignored, "answers": answers}
        )
    for one in [] if as_json else answers:
        said = STATES[one["state"]].say(current_lang())
        click.echo("\t".join((str(one["row"]), one["event_no"], said, one.get("why") or one["guarantee"])))
    if refused:
        raise RejectedError(_REFUSED, code="rows_refused", refused=refused, rows=rows)
    say(_READ if dry_run else _TAKEN, rows=rows)


STATES = {
    "applied": Text("已生效", "applied"),
    "parked": Text("待对上", "parked"),
    "covered": Text("已担保", "covered"),
    "refused": Text("没有办理", "refused"),
}
"""What became of a row."""

_LAPSED = Text("{count} 笔担保已到期失效。", "{count} guarantees are past their day.")
_TAKEN = Text("共 {rows} 行，没有被拒绝的。", "{rows} rows; none was refused.")
_READ = Text("共 {rows} 行，都能读懂；只是试读，没有办理。", "{rows} rows, all readable; nothing was done.")
_REFUSED = Text(
    "{rows} 行中有 {refused} 行没有办理，其余已办理。改正这些行后可整份重发。",
    "{refused} of {rows} rows were refused; the others were taken. Mend them; the whole file may be sent again.",
)
_NO_CASE = Text("没有编号为「{no}」的担保。核对担保编号。", 'There is no guarantee "{no}". Check the number.')
