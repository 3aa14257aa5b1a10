"""``flask guarantee void``: a bank's parked report is taken back for it."""

import click
from sqlalchemy import select

from matchmaker.actor import CLI
from matchmaker.cli.base import database, echo_json, now, say
from matchmaker.cli.guarantee import guarantee_group
from matchmaker.domain.errors import NotFoundError
from matchmaker.domain.text import Text
from matchmaker.guarantee.cases.models import Guarantee
from matchmaker.guarantee.cases.voiding import void_report


@guarantee_group.command("void")
@click.argument("guarantee_no")
@click.argument("event_no")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def void_command(guarantee_no: str, event_no: str, as_json: bool) -> None:
    """Take a report back that a bank sent by mistake; only one that is parked, of which nothing was booked.

    \b
    flask guarantee void DB-20261123-k3m8qx HK-20261124-002
    flask guarantee void DB-20261123-k3m8qx HK-20261124-002 --json
    """
    with database().writing(CLI) as session:
        public_id = session.scalar(select(Guarantee.public_id).where(Guarantee.guarantee_no == guarantee_no))
        if public_id is None:
            raise NotFoundError(_NO_CASE, code="not_found", no=guarantee_no)
        answer = void_report(session, actor=CLI, public_id=public_id, event_no=event_no, now=now())
    if as_json:
        echo_json({"event_no": event_no, "state": answer.event.state, "repeated": answer.repeated})
    else:
        say(_VOIDED, no=event_no)


_VOIDED = Text("报告 {no} 已撤回，没有入账。", "The report {no} has been taken back; nothing was booked of it.")
_NO_CASE = Text("没有编号为「{no}」的担保。核对担保编号。", 'There is no guarantee "{no}". Check the number.')
