"""``flask doctor``: is this installation healthy, and what mends it where it is not."""

import click

from matchmaker.cli.base import Command, current_lang, echo_json, matchmaker
from matchmaker.domain.errors import Exit
from matchmaker.health import examine

_MARK = {"ok": "✓", "warning": "!", "error": "✗"}


@click.command("doctor", cls=Command)
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def doctor_command(as_json: bool) -> None:
    """Look at settings, database, calendar, rates, mail and disk, and say what mends what is wrong.

    \b
    flask doctor
    flask doctor --json
    """
    lang = current_lang()
    found = examine(matchmaker(), lang)
    if as_json:
        echo_json(
            {
                "ok": all(f.state != "error" for f in found),
                "findings": [
                    {
                        "key": f.key,
                        "label": f.label.say(lang),
                        "state": f.state,
                        "seen": f.seen,
                        "remedy": f.remedy.say(lang),
                    }
                    for f in found
                ],
            }
        )
    else:
        for f in found:
            click.echo(
                f"{_MARK[f.state]} {f.label.say(lang)}: {f.seen}" + (f" → {f.remedy.say(lang)}" if f.remedy.zh else "")
            )
    if any(f.state == "error" for f in found):
        raise click.exceptions.Exit(Exit.CONFIGURATION)
