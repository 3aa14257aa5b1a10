"""``flask demo run``: the main job from nothing, on sample lists; ``script/demo`` calls it."""

import os
import socket
import threading
from dataclasses import replace
from datetime import datetime

import click
from flask import current_app
from werkzeug.serving import make_server

from matchmaker.actor import CLI
from matchmaker.cli.base import command_group, current_day, current_lang, database, matchmaker, now, say, settings
from matchmaker.cli.db import bring_up_to_date
from matchmaker.cli.scheduler import run_scheduler, stop_on_signals
from matchmaker.demo.cases import play_guarantees
from matchmaker.demo.people import load_people, own_secret
from matchmaker.demo.services import list_counts, load_demo, require_demo_lists
from matchmaker.demo.stories import stories
from matchmaker.domain.errors import ConfigurationError, NotAllowedError
from matchmaker.domain.terms import Verdict
from matchmaker.domain.text import Text
from matchmaker.lists.models import LISTS
from matchmaker.matching.models import MatchRun
from matchmaker.matching.services import run_matching
from matchmaker.push.audiences import AUDIENCES, Audience
from matchmaker.push.services import PushReport, next_windows, run_push

HOST = "127.0.0.1"
demo_group = command_group("demo", "The demonstration on sample lists.")


@demo_group.command("run")
@click.option("--once", is_flag=True, help="Stop after printing.")
@click.option("--host", default=HOST, show_default=True, help="Only a loopback address is taken.")
@click.option("--port", default=5000, show_default=True, help="Where the pages are served.")
def run_demo(once: bool, host: str, port: int) -> None:
    """Load sample lists, match, push, print what was pushed to whom, and serve pages until Ctrl-C.

    \b
    script/demo --once
    MATCHMAKER_DEMO=1 flask demo run --port 5001
    """
    if not settings().demo:
        raise NotAllowedError(
            Text("演示只由 script/demo 启动。", "The demonstration is started by script/demo only."), code="no_demo"
        )
    if not (host == "localhost" or host.startswith("127.") or host == "::1"):
        raise NotAllowedError(
            Text("演示只在本机地址上运行，不接受 {host}。", "The demonstration runs on loopback only, not on {host}."),
            code="demo_address",
            host=host,
        )
    if not once:
        _require_free(host, port)
    _settle(f"http://{host}:{port}")
    bring_up_to_date()
    _load()
    _match()
    _push()
    _tell_stories()
    _tell_logins()
    if not once:
        _serve(host, port)


def _settle(address: str) -> None:
    """Links of the demo lead to where its pages are; without a secret key it makes its own."""
    parts = matchmaker()
    secret = parts.settings.secret_key or own_secret(parts.settings.instance)
    settled = replace(parts.settings, public_url=address, secret_key=secret)
    current_app.extensions["matchmaker"] = replace(parts, settings=settled)
    current_app.config["SECRET_KEY"] = secret


def _require_free(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigurationError(
                Text(
                    "端口 {port} 用不了（{why}）。换一个：script/demo --port {other}。",
                    "Port {port} cannot be used ({why}). Take another: script/demo --port {other}.",
                ),
                code="port",
                port=port,
                why=error.strerror,
                other=port + 1 if port < 65535 else 5000,
            ) from error


def _load() -> None:
    with database().writing(CLI) as session:
        require_demo_lists(session)
        loaded = load_demo(session, on=current_day(), now=now(), settings=settings())
        counts = list_counts(session)
    say(
        Text("演示清单已载入：", "Sample lists loaded:")
        if loaded
        else Text("演示清单已经在库中：", "The sample lists are there already:")
    )
    for kind, count in counts.items():
        click.echo(f"  {LISTS[kind].label.say(current_lang())}: {count}")
    cases = play_guarantees(database(), settings(), on=current_day(), now=now())
    click.echo("  " + Text("担保: {n}", "guarantees: {n}").say(current_lang(), n=cases))


def _match() -> MatchRun:
    with database().writing(CLI) as session:
        run = run_matching(session, on=current_day(), now=matchmaker().now(), top_k=settings().top_k, origin="demo")
    text = Text(
        "匹配 {on}：{needs} 条需求 × {products} 个产品 = {pairs} 对，用时 {seconds:.2f} 秒",
        "Matched for {on}: {needs} needs × {products} products = {pairs} pairs in {seconds:.2f} s",
    )
    lang = current_lang()
    click.echo(
        text.say(lang, on=run.on_date, needs=run.needs, products=run.products, pairs=run.pairs, seconds=run.seconds)
    )
    click.echo("  " + " · ".join(f"{v.label.say(lang)} {getattr(run, v.value)}" for v in Verdict))
    return run


def _push() -> None:
    """The next window of each audience, at the moment it would open."""
    with database().reading(CLI) as session:
        coming = next_windows(session, settings(), matchmaker().now())
    for audience, moment in sorted(coming.items(), key=lambda item: item[1]):
        _push_at(audience, moment)


def _push_at(audience: Audience, moment: datetime) -> None:
    report = run_push(database(), settings(), now=lambda: moment, audiences=(audience,))
    shown = moment.astimezone(settings().zone).strftime("%Y-%m-%d %H:%M")
    lang = current_lang()
    heading = Text("推送给{who}（{at} 的窗口）", "Pushed to {who} (the window of {at})")
    click.echo("\n" + heading.say(lang, who=AUDIENCES[audience], at=shown))
    if not report.windows:
        told = Text("这个窗口已经推送过，不再重复。", "This window was pushed before and is not repeated.")
        click.echo("  " + told.say(lang))
    elif not report.messages:
        click.echo("  " + Text("没有新内容，什么也没有发。", "Nothing is new, so nothing was sent.").say(lang))
    _print_messages(report)


SHOWN = 12


def _print_messages(report: PushReport) -> None:
    for message in report.messages[:SHOWN]:
        click.echo(f"  {message.name} <{message.address or message.channel}>  {message.subject or ''}")
    rest = len(report.messages) - SHOWN
    if rest > 0:
        click.echo("  " + Text("……另有 {n} 条", "… and {n} more").say(current_lang(), n=rest))


def _tell_stories() -> None:
    lang = current_lang()
    click.echo("\n" + Text("可以先看这几个故事：", "Stories to look at first:").say(lang))
    for story in stories(current_day()):
        click.echo(f"  {story.title.say(lang)}: {story.blurb.say(lang)}")
        for pair in story.pairs:
            click.echo(f"    flask match explain {pair.need_no} {pair.product_code}")
    mail = settings().mail_dir
    click.echo(Text("邮件写在 {folder}", "Mail lies in {folder}").say(lang, folder=os.path.relpath(mail)))


def _tell_logins() -> None:
    """How to sign in. The codes hold for a minute; the page that asks for one shows the present one."""
    lang = current_lang()
    with database().writing(CLI) as session:
        logins = load_people(session, settings=settings(), now=now())
    click.echo(
        "\n" + Text("可以这样登录（登录名、密码、二次验证码）：", "Sign in as (login, password, code):").say(lang)
    )
    for one in logins:
        click.echo(f"  {one.login:<14} {one.password}  {one.code or '------'}  {one.role.label.say(lang)}")
    click.echo(
        Text(
            "验证码只能用一次，过期后登录页会显示新的。",
            "A code works once; the page that asks for one shows the next.",
        ).say(lang)
    )


def _serve(host: str, port: int) -> None:
    server = make_server(host, port, current_app._get_current_object(), threaded=True)  # type: ignore[attr-defined]
    stop = stop_on_signals()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://{host}:{port}"
    say(Text("网页：{address}（Ctrl-C 结束）", "Pages: {address} (Ctrl-C ends)"), address=address)
    try:
        run_scheduler(matchmaker(), stop)
    finally:
        server.shutdown()
    say(Text("演示已结束。", "The demonstration has ended."))
    stop.exit_as_asked()
