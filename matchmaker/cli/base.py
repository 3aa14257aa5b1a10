"""What all commands share: errors become one sentence and an exit code, talk goes to standard error."""

import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, NoReturn, cast

import click
from flask import current_app, has_app_context
from flask.cli import AppGroup, with_appcontext

from matchmaker.actor import CLI
from matchmaker.app import Matchmaker
from matchmaker.clock import today
from matchmaker.db import Database, ScopedSession
from matchmaker.domain.errors import Exit, MatchmakerError, UsageError
from matchmaker.domain.text import LANGS, Lang, Text
from matchmaker.settings import Settings


def matchmaker() -> Matchmaker:
    """The running application's parts."""
    return cast(Matchmaker, current_app.extensions["matchmaker"])


def database() -> Database:
    """The application's database."""
    return matchmaker().database


class _DryRun(Exception):
    """Leaves a transaction so that nothing of it stays."""


@contextmanager
def writing_or_trying(dry_run: bool) -> Iterator[ScopedSession]:
    """A session of the operator; with ``dry_run`` its work is done, checked and undone."""
    try:
        with database().writing(CLI) as session:
            yield session
            if dry_run:
                session.finish()
                raise _DryRun
    except _DryRun:
        say(Text("只是试运行，没有写入。", "A dry run: nothing was written."))


def settings() -> Settings:
    """The application's settings."""
    return matchmaker().settings


def now() -> datetime:
    """The present moment, from the application's clock."""
    return matchmaker().now()


def current_day() -> date:
    """Today in the application's zone."""
    return today(matchmaker().now, settings().zone)


def current_lang() -> Lang:
    """``--lang``, else MATCHMAKER_LANG or the settings file, else Chinese."""
    context = click.get_current_context(silent=True)
    chosen = context.meta.get("matchmaker.lang") if context else None
    if chosen is None:
        chosen = settings().lang if has_app_context() else os.environ.get("MATCHMAKER_LANG", "zh")
    return "en" if chosen == "en" else "zh"


def say(text: Text, **values: Any) -> None:
    """Tell the person something, on standard error."""
    click.echo(text.say(current_lang(), **values), err=True)


def echo_json(value: Any) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def fail(error: MatchmakerError) -> NoReturn:
    """Print the error's sentence and end with its exit code."""
    lead = Text("错误", "Error").say(current_lang())
    click.echo(f"{lead} {error.code}: {error.say(current_lang())}", err=True)
    sys.exit(error.exit_code)


@contextmanager
def _mapped() -> Iterator[None]:
    try:
        yield
    except MatchmakerError as error:
        fail(error)
    except (KeyboardInterrupt, click.Abort):
        say(
            Text(
                "已中断。已写入的内容保持完整，可重新运行同一命令。",
                "Interrupted. What was written is whole; run it again.",
            )
        )
        sys.exit(Exit.INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output has read enough (``| head``); what is still buffered goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.DONE)
    except PermissionError as error:
        say(
            Text("没有权限：{path}。检查文件夹的权限或换一个位置。", "Not permitted: {path}. Check its rights."),
            path=error.filename,
        )
        sys.exit(Exit.CONFIGURATION)
    except OSError as error:
        say(Text("{path}：{why}。", "{path}: {why}."), path=error.filename or "", why=error.strerror or error)
        sys.exit(Exit.CONFIGURATION)
    except (click.ClickException, click.exceptions.Exit, SystemExit):
        raise
    except Exception as error:
        if "--debug" in sys.argv or current_app.debug:
            raise
        say(
            Text(
                "内部错误（{kind}）。细节记在 {place}，交给维护人员即可。",
                "Internal error ({kind}). The details are in {place}: pass them on.",
            ),
            kind=type(error).__name__,
            place=_keep_details(error),
        )
        sys.exit(Exit.INTERNAL)


def _keep_details(error: Exception) -> str:
    """Append the traceback to ``error.log`` in the instance folder; where that is not possible, say how to see it."""
    path = settings().instance / "error.log"
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{now().isoformat()} {' '.join(sys.argv[1:3])}\n")
            traceback.print_exception(error, file=file)
    except OSError:
        return "FLASK_DEBUG=1"
    return str(path)


class Command(click.Command):
    """A command that knows ``--lang`` and maps errors to exit codes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(
            click.Option(
                ["--lang"],
                type=click.Choice(LANGS),
                expose_value=False,
                is_eager=True,
                callback=_remember_lang,
                help="Language of what is said (zh or en).",
            )
        )
        if self.callback is not None:
            self.callback = with_appcontext(_guarded(self.callback))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, but what is wrong is said in one sentence of the language asked for."""
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            if "--lang" in given[:-1]:
                ctx.meta["matchmaker.lang"] = given[given.index("--lang") + 1]
            fail(_usage_error(ctx, error))


def _usage_error(context: click.Context, error: click.UsageError) -> UsageError:
    """What click found wrong with the words of a command, in our own words."""
    see = f"{context.command_path} --help"
    if isinstance(error, click.NoSuchOption):
        return UsageError(_NO_SUCH_OPTION, code="usage", name=error.option_name, see=see)
    if not isinstance(error, click.BadParameter) or error.param is None:
        return UsageError(_OTHER_USAGE, code="usage", why=error.message.rstrip("."), see=see)
    option = isinstance(error.param, click.Option)
    name, kind = error.param.opts[0] if option else (error.param.name or "").upper(), error.param.type
    if isinstance(error, click.MissingParameter):
        return UsageError(_MISSING, code="usage", name=name, see=see)
    if isinstance(kind, click.Choice):
        return UsageError(_NOT_A_CHOICE, code="usage", name=name, choices=", ".join(map(str, kind.choices)))
    if isinstance(kind, click.IntRange):
        pattern = _TOO_LOW if kind.max is None else _OUT_OF_RANGE
        return UsageError(pattern, code="usage", name=name, low=kind.min, high=kind.max)
    if kind is click.INT:
        return UsageError(_NOT_WHOLE, code="usage", name=name)
    if isinstance(kind, click.Path):
        return UsageError(_NOT_A_FILE, code="usage", name=name)
    return UsageError(_WRONG_VALUE, code="usage", name=name, why=error.message)


_NO_SUCH_OPTION = Text("没有选项 {name}。用 {see} 查看可用的选项。", "There is no option {name}. See {see}.")
_OTHER_USAGE = Text("命令的写法不对（{why}）。用 {see} 查看用法。", "{why}. See {see}.")
_MISSING = Text("缺少 {name}。用 {see} 查看用法。", "{name} is missing. See {see}.")
_NOT_A_CHOICE = Text("{name} 须为其中之一：{choices}。", "{name} must be one of: {choices}.")
_TOO_LOW = Text("{name} 须为不小于 {low} 的整数。", "{name} must be a whole number of at least {low}.")
_OUT_OF_RANGE = Text("{name} 须为 {low} 至 {high} 的整数。", "{name} must be a whole number from {low} to {high}.")
_NOT_WHOLE = Text("{name} 须为整数。", "{name} must be a whole number.")
_NOT_A_FILE = Text("{name} 须为文件，不能是文件夹。", "{name} must be a file, not a folder.")
_WRONG_VALUE = Text("{name}：{why}", "{name}: {why}")


def _remember_lang(context: click.Context, _option: click.Parameter, value: str | None) -> None:
    if value:
        context.meta["matchmaker.lang"] = value


def _guarded(callback: Callable[..., Any]) -> Callable[..., Any]:
    def run(*args: Any, **kwargs: Any) -> Any:
        with _mapped():
            return callback(*args, **kwargs)

    return run


class Group(AppGroup):
    """A group whose commands are :class:`Command`."""

    command_class = Command

    def command(  # type: ignore[override]  # without its bare form, which nobody here uses
        self, *args: Any, **kwargs: Any
    ) -> Callable[[Callable[..., Any]], click.Command]:
        """Add a command; the application context is there when it runs."""
        kwargs.setdefault("with_appcontext", False)
        made: Callable[[Callable[..., Any]], click.Command] = super().command(*args, **kwargs)
        return made


def command_group(name: str, about: str) -> Group:
    """A group of commands named ``name``."""
    return Group(name, help=about)


def day_option(context: click.Context, _option: click.Parameter, value: str | None) -> date | None:
    """Callback of ``--on``: a date as 2026-11-30."""
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(
            Text("「{value}」不是日期。写成 2026-11-30。", '"{value}" is not a date. Write it as 2026-11-30.').say(
                current_lang(), value=value
            )
        ) from error


def usage(text: Text, **values: Any) -> UsageError:
    """A usage error to raise."""
    return UsageError(text, code="usage", **values)


class Progress:
    """Progress of long work: a bar on a terminal, a line every 10 % elsewhere; always on standard error."""

    def __init__(self, label: Text, total: int) -> None:
        self.label = label.say(current_lang())
        self.total = max(total, 1)
        self.tenths = 0
        self.terminal = sys.stderr.isatty()

    def __call__(self, done: int) -> None:
        """Say that ``done`` of the total is finished."""
        tenths = done * 10 // self.total
        if self.terminal:
            filled = done * 30 // self.total
            click.echo(f"\r{self.label} [{'#' * filled}{'.' * (30 - filled)}] {done}/{self.total}", err=True, nl=False)
            if done >= self.total:
                click.echo(err=True)
        elif tenths > self.tenths:
            self.tenths = tenths
            click.echo(f"{self.label} {tenths * 10} %  {done}/{self.total}", err=True)
