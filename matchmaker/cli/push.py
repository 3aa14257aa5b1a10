"""``flask push``: plan what is due and send it, show what would be said, see and resend what did not go out."""

from datetime import datetime

import click

from matchmaker.actor import CLI
from matchmaker.cli.base import command_group, current_lang, database, echo_json, matchmaker, now, say, settings, usage
from matchmaker.clock import Now
from matchmaker.domain.errors import RemoteError
from matchmaker.domain.terms import DigestChoice
from matchmaker.domain.text import Text
from matchmaker.outbox.envelope import reason_text
from matchmaker.outbox.models import STATES
from matchmaker.outbox.queries import counts_by_state, messages
from matchmaker.outbox.services import send_again
from matchmaker.push.audiences import AUDIENCES, Audience, as_audience
from matchmaker.push.planning import window_name
from matchmaker.push.services import (
    ALL,
    WINDOW_STATES,
    PushReport,
    preview_push,
    run_push,
    window_reason,
)
from matchmaker.push.windows import CALENDAR_WARNING

UNREACHED = Text(
    "{count} 位用户收不到推送：联系人清单里没有他们。录入后即可收到：flask lists import contacts FILE。",
    "People who get no push because the list of contacts lacks them: {count}. "
    "Add them: flask lists import contacts FILE.",
)
YEARS = range(2000, 2201)
"""Years of a moment that can be given; a typing error is none of them."""

push_group = command_group("push", "Push recommendations to enterprises, banks and the bureau.")

_AT = click.option(
    "--at", "at", metavar="YYYY-MM-DDTHH:MM", help="The moment to act as of (Asia/Shanghai); default now."
)
_AUDIENCE = click.option("--audience", type=click.Choice(ALL), help="Only this audience.")
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document.")


@push_group.command("run")
@_AT
@_AUDIENCE
@click.option("--dry-run", is_flag=True, help="Say what would be sent; keep and send nothing.")
@_JSON
def run_command(at: str | None, audience: str | None, dry_run: bool, as_json: bool) -> None:
    """Plan every window that is due and has no run, and really send what is due, also with --at.

    A moment given with --at is acted on: windows are taken as run and mail leaves at once. To see what would be said
    without sending, use flask push preview, or --dry-run for the list of messages alone.

    \b
    flask push run
    flask push run --at 2026-11-24T09:30 --audience enterprise --json
    """
    act = preview_push if dry_run else run_push
    report = act(database(), settings(), now=_clock(at), audiences=_audiences(audience))
    _show(report, as_json=as_json, texts=False)
    if report.tally and report.tally.down:
        raise RemoteError(
            Text(
                "{why}。邮件已留在待发列表，稍后自动再发；也可再次运行 flask push run。",
                "{why}. The messages stay in line and are sent later; or run flask push run again.",
            ),
            code="channel_down",
            why=_joined([reason_text(why) for why in report.tally.down.values()]),
        )


@push_group.command("preview")
@_AT
@_AUDIENCE
@_JSON
def preview_command(at: str | None, audience: str | None, as_json: bool) -> None:
    """Print what each receiver would read if push run were started at that moment; nothing is sent or kept.

    \b
    flask push preview --at 2026-11-24T09:30
    flask push preview --at 2026-11-24T08:30 --audience bank --lang en
    """
    report = preview_push(database(), settings(), now=_clock(at), audiences=_audiences(audience))
    _show(report, as_json=as_json, texts=True)


@push_group.command("outbox")
@click.option("--state", type=click.Choice(tuple(STATES)), multiple=True, default=("waiting", "failed"))
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@_JSON
def outbox_command(state: tuple[str, ...], limit: int, as_json: bool) -> None:
    """List messages that wait or have failed, with the reason.

    \b
    flask push outbox
    flask push outbox --state failed --json
    """
    lang = current_lang()
    with database().reading(CLI) as session:
        counts, rows = counts_by_state(session), messages(session, states=state, limit=limit)
    if as_json:
        echo_json(
            {
                "counts": counts,
                "messages": [
                    {
                        "message_id": row.message_id,
                        "kind": row.kind,
                        "window": row.window,
                        "contact_no": row.contact_no,
                        "channel": row.channel,
                        "address": row.address,
                        "state": row.state,
                        "attempts": row.attempt,
                        "not_before": row.not_before.astimezone(settings().zone).isoformat(),
                        "reason": reason_text(row.last_error).say(lang) or None,
                    }
                    for row in rows
                ],
            }
        )
        return
    for row in rows:
        due = row.not_before.astimezone(settings().zone)
        parts = [row.message_id[:12], STATES[row.state].say(lang), row.contact_no, row.address or "--"]  # type: ignore[index]
        click.echo("  ".join([*parts, f"{due:%m-%d %H:%M}", str(row.attempt), reason_text(row.last_error).say(lang)]))
    if not rows:
        say(_NONE_LISTED, states=_joined_or([STATES[one] for one in state]))  # type: ignore[index]
    if counts:
        say(Text("共：{counts}", "In all: {counts}"), counts=_counts(counts))


_NONE_LISTED = Text("没有状态为“{states}”的消息。", "There are no messages with the state {states}.")


@push_group.command("retry")
@click.argument("message_ids", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every failed message.")
@click.option("--dry-run", is_flag=True, help="Say which messages it would be; change nothing.")
def retry_command(message_ids: tuple[str, ...], everything: bool, dry_run: bool) -> None:
    """Put failed messages back in line, under their old message ids; the next push run or the scheduler sends them.

    \b
    flask push retry --all --dry-run
    flask push retry --all
    flask push retry 4be1…
    """
    if not message_ids and not everything:
        raise usage(Text("写出消息编号，或用 --all。", "Name message ids, or use --all."))
    wanted = None if everything else message_ids
    with database().writing(CLI) as session:
        found = send_again(session, wanted, actor=CLI, now=now(), dry_run=dry_run)
    if dry_run:
        for number in found:
            click.echo(number)
        say(Text("将有 {count} 条消息重新排队。", "Messages to be put in line again: {count}."), count=len(found))
        return
    say(Text("{count} 条消息已重新排队。", "Messages in line again: {count}."), count=len(found))


def _clock(at: str | None) -> Now:
    if at is None:
        return matchmaker().now
    try:
        moment = datetime.fromisoformat(at)
        if moment.year not in YEARS:
            raise ValueError(at)
    except ValueError as error:
        raise usage(
            Text("「{at}」不是时刻。写成 2026-11-24T09:30。", '"{at}" is no moment. Write it as 2026-11-24T09:30.'),
            at=at,
        ) from error
    local = moment if moment.tzinfo else moment.replace(tzinfo=settings().zone)
    return lambda: local


def _audiences(name: str | None) -> tuple[Audience, ...]:
    return ALL if name is None else (as_audience(name),)


def _show(report: PushReport, *, as_json: bool, texts: bool) -> None:
    lang, zone = current_lang(), settings().zone
    planned_only = report.tally is None
    for years in sorted({window.calendar_warning for window in report.windows if window.calendar_warning}):
        say(CALENDAR_WARNING, years=years)
    if report.unreached:
        say(UNREACHED, count=report.unreached)
    if as_json:
        echo_json(report.to_json(settings(), lang))
        return
    if not report.windows:
        following = (f"{AUDIENCES[a].say(lang)} {window_name(at, settings())}" for a, at in report.next_windows.items())
        say(Text("没有到期的窗口。接下来：{next}", "No window is due. Next: {next}"), next="; ".join(following))
    for window in report.windows:
        head = f"{AUDIENCES[window.audience].say(lang)} {window_name(window.window_at, settings())}"
        known = WINDOW_STATES[window.state]
        outcome = (Text("将推送", "would be pushed") if planned_only and window.state == "planned" else known).say(lang)
        counts = Text(" · {items} 项内容 · {messages} 条消息", " · {items} items · {messages} messages").say(
            lang, items=window.items, messages=window.messages
        )
        why = window_reason(window.reason).say(lang)
        click.echo(f"# {head}  {outcome}" + (counts if window.state == "planned" else f"：{why}"))
        for message in report.messages:
            if message.audience != window.audience or window.state != "planned":
                continue
            due = message.not_before.astimezone(zone)
            state = STATES[message.state].say(lang)  # type: ignore[index]
            held = f" {due:%m-%d %H:%M}" if message.state == "waiting" else ""
            reason = reason_text(message.reason).say(lang)
            to = f"{message.contact_no} {message.name} <{message.address or message.channel}>"
            click.echo(f"  {to}  {message.subject or '--'}  [{state}{held}{'：' + reason if reason else ''}]")
            if texts and message.text:
                click.echo("    " + message.text.rstrip().replace("\n", "\n    ") + "\n")
        for number, choice in window.left_out.items():
            click.echo(f"  {number}  [{_CHOSE.say(lang, choice=DigestChoice.of(choice).label)}]")
    if report.tally:
        tally = report.tally
        say(
            Text(
                "发送 {sent}，待发 {waiting}，失败 {failed}，不再发送 {dropped}。",
                "Sent {sent}, waiting {waiting}, failed {failed}, dropped {dropped}.",
            ),
            sent=tally.sent,
            waiting=tally.waiting,
            failed=tally.failed,
            dropped=tally.dropped,
        )


_CHOSE = Text("本人选择：{choice}，本次不发", "not sent, by choice: {choice}")


def _counts(counts: dict[str, int]) -> str:
    lang = current_lang()
    return " · ".join(f"{STATES[state].say(lang)} {count}" for state, count in sorted(counts.items()))  # type: ignore[index]


def _joined_or(texts: list[Text]) -> Text:
    return Text("”或“".join(t.zh for t in texts), " or ".join(t.en for t in texts))


def _joined(texts: list[Text]) -> Text:
    return Text("；".join(t.zh for t in texts), "; ".join(t.en for t in texts))
