"""All command groups, in the order of ``flask --help``."""

import click

from matchmaker.cli.backup import backup_group
from matchmaker.cli.cost import cost_command
from matchmaker.cli.db import db_group
from matchmaker.cli.demo import demo_group
from matchmaker.cli.doctor import doctor_command
from matchmaker.cli.lists import lists_group
from matchmaker.cli.match import match_group
from matchmaker.cli.push import push_group
from matchmaker.cli.registers import registers_group
from matchmaker.cli.scheduler import scheduler_group

COMMANDS: tuple[click.Command, ...] = (
    db_group,
    registers_group,
    lists_group,
    match_group,
    push_group,
    scheduler_group,
    cost_command,
    backup_group,
    demo_group,
    doctor_command,
)
