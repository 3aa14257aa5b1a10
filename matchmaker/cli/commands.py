"""All command groups, in the order of ``flask --help``."""

import click

from matchmaker.cli.db import db_group
from matchmaker.cli.doctor import doctor_command

COMMANDS: tuple[click.Command, ...] = (db_group, doctor_command)
