"""All command groups, in the order of ``flask --help``."""

import click

from matchmaker.cli import guarantee_cases, guarantee_stress, guarantee_void, undo  # noqa: F401  # commands of guarantee and lists
from matchmaker.cli.audit import audit_group
from matchmaker.cli.backup import backup_group
from matchmaker.cli.certificate import certificate_group
from matchmaker.cli.cost import cost_command
from matchmaker.cli.db import db_group
from matchmaker.cli.demo import demo_group
from matchmaker.cli.doctor import doctor_command
from matchmaker.cli.guarantee import guarantee_group
from matchmaker.cli.lists import lists_group
from matchmaker.cli.match import match_group
from matchmaker.cli.people import people_group
from matchmaker.cli.privacy import privacy_group
from matchmaker.cli.push import push_group
from matchmaker.cli.rating import rating_group
from matchmaker.cli.registers import registers_group
from matchmaker.cli.scheduler import scheduler_group
from matchmaker.cli.scorecard import scorecard_group
from matchmaker.cli.secret import secret_group
from matchmaker.cli.token import token_group
from matchmaker.cli.webhook import webhook_group

COMMANDS: tuple[click.Command, ...] = (
    secret_group,
    db_group,
    people_group,
    registers_group,
    lists_group,
    match_group,
    rating_group,
    scorecard_group,
    guarantee_group,
    push_group,
    token_group,
    certificate_group,
    webhook_group,
    scheduler_group,
    cost_command,
    audit_group,
    privacy_group,
    backup_group,
    demo_group,
    doctor_command,
)
