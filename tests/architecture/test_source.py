"""What the source must not do, found by reading its syntax tree; the few exceptions stand here with their reasons."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Table

from matchmaker.accounts.data_classes import CLASSES, COMMON, MEANING, class_of
from matchmaker.tenancy import tenant_tables

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "matchmaker"

ELEVATED = {
    "tenancy.py": "the definition, and what is done last in a transaction",
    "accounts/consent.py": "stops the messages that rest on a consent, which are the system's",
    "accounts/gate.py": "the gate of disclosure: facts of an enterprise by its consent",
    "accounts/idempotency.py": "keys and kept answers are nobody's table",
    "accounts/people.py": "sessions and second factors are nobody's table",
    "accounts/resets.py": "a reset that the system administrator confirms is of somebody of another side",
    "accounts/webhook_endpoints.py": "what waits in the outbox for one's own endpoint",
    "guarantee/scorecards.py": "closed cases of all guarantors, counted and as features without a name",
    "guarantee/cases/features.py": "what a rating of the day would find, kept with a new case",
    "guarantee/cases/holding.py": "sums of a case for whoever is a party to it",
    "guarantee/cases/notices.py": "tells the contacts of the other parties where a case stands",
    "guarantee/cases/queries.py": "the names in a letter, for whoever is a party to it",
    "guarantee/rating/notices.py": "tells an enterprise's contacts how its appeal was answered",
    "guarantee/cases/related.py": "whether an enterprise controls the guarantor, and its groups, for a decision on it",
    "guarantee/cases/terms.py": "the rating and size that a scheme's terms ask for",
    "guarantee/rating/overrides.py": "the standing rating is the system's to write",
    "guarantee/rating/queries.py": "whether records were left out of a rating, for who covers a loan without a look",
    "guarantee/rating/rules.py": "what new rules would change, counted over all enterprises",
    "guarantee/rating/services.py": "ratings rest on facts of all sides, and nobody but the system writes them",
    "guarantee/rating/view.py": "whether a record in a rating is under dispute by now",
    "guarantee/casefile.py": "where facts are from that the gate has handed out to a guarantor",
    "guarantee/endorsement/notices.py": "tells an enterprise's contacts that others have revoked its certificate",
    "guarantee/endorsement/queries.py": "whoever holds a certificate or its id may check it, without signing in",
    "guarantee/endorsement/revoking.py": "ends what a rating no longer bears, and what the bureau takes back",
    "guarantee/ledger/grouping.py": "who is related to a guarantor's own customers, and the city's sum of them",
    "guarantee/endorsement/status_list.py": "places on the list are of all certificates",
    "guarantee/endorsement/services.py": "signs with the platform's key",
    "guarantee/ledger/paying.py": "what the treasury has borne counts all cases of a scheme",
    "guarantee/ledger/services.py": "the books are the system's to write; a limit of the city counts all",
    "lists/disclosed.py": "cards and consented facts of a bank's leads",
    "lists/disputes.py": "marks a disputed record for all who read it, writes its repair",
    "lists/corrections.py": "whether a disputed record has changed since, by versions that are nobody's table",
    "lists/credit.py": "the versions of one's own credit records, and the files they came with",
    "lists/freshness.py": "when each credit source was last loaded, of all enterprises",
    "lists/services/behalf.py": "a need that the bureau enters for an enterprise, and the enterprise's word on it",
    "lists/services/undoing.py": "writes back what an import of one's own had changed",
    "lists/services/owned.py": "keys of a list are unique in the city",
    "lists/services/registers.py": "registers are everybody's to read and the operator's to keep",
    "matching/whatif.py": "counts and sums of the needs that a changed product would gain and lose",
    "matching/facts.py": "which credit sources the city has loaded, and what is on offer to everybody",
    "outbox/webhooks/events.py": "tells the endpoints of others what concerns them",
    "push/answers.py": "leads and consents hang on the answers of two sides",
    "push/consent_notices.py": "tells a bank's people of a consent",
    "push/notice_settings.py": "whether a digest has been written to the contact that asks",
    "push/own_messages.py": "a person's own messages, which the system keeps",
    "push/lead_views.py": "a bank's leads with what consent opens",
    "web/api/resources/matches.py": "explains a need and a product that the caller has just been shown",
    "web/pages/people.py": "whether an invited one's contact is of the same organisation",
    "push/retrying.py": "messages are the system's; the operator puts failed ones back in line",
    "push/privacy/closing.py": "ends all that an enterprise takes part in, on both sides",
    "push/privacy/copying.py": "the copy of all that is kept of an enterprise, the outbox too",
}
"""Modules that look across tenants (``session.elevated()``), and what for."""

SYSTEM_IN_WEB = {
    "web/guard.py": "who has signed in is not known before it is looked up",
    "web/pages/sign_in.py": "nobody has signed in yet",
    "web/pages/joining.py": "nobody has signed in yet",
    "web/pages/account.py": "a person's own sessions, second factor and recovery codes are nobody's table",
    "web/pages/people.py": "a refused role is recorded after what refused it was undone",
    "web/pages/registrations.py": "who registers becomes a person, an enterprise and a contact at once",
    "web/pages/second_factor.py": "second factors and recovery codes are nobody's table",
    "web/signing.py": "nobody has signed in yet",
}
"""Modules of the web that open a session of the system itself, and what for."""

RAW = {
    "db.py": "the revision, and locks",
    "tenancy.py": "who acts is told to PostgreSQL",
    "backup.py": "all tables, by the operator",
    "health.py": "the revision",
    "accounts/audit.py": "links are written many at a time, after everything else",
    "accounts/idempotency.py": "two requests with one key wait for each other",
    "accounts/feed.py": "changes are written many at a time",
    "lists/services/writing.py": "entries are written many at a time, by id and version",
    "matching/services.py": "pairs are written many at a time, by the system",
    "outbox/services.py": "claims and finishes by guarded updates, by the system",
}
"""Modules that use a session's connection itself, and what for."""

SHELLS = {"os.system", "os.popen", "pickle.load", "pickle.loads", "marshal.loads", "yaml.load", "shelve.open"}
RANDOM_MAY = ("demo/", "lists/sandbox/", "outbox/")
"""Sample data and the jitter of retries; never a secret."""


def modules(folder: Path = PACKAGE) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "migrations" not in path.parts)


def inside(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))


def name_of(call: ast.Call) -> str:
    """``os.system``, ``session.elevated``, ``text``."""
    return ast.unparse(call.func)


def users(found: Callable[[ast.Call], bool]) -> set[str]:
    return {inside(path) for path in modules() for call in calls(path) if found(call)}


def test_sql_is_never_put_together_from_values() -> None:
    """No f-string, ``%`` or ``+`` in what becomes SQL (ASVS 1.2.4)."""
    made = users(
        lambda call: (
            name_of(call).split(".")[-1] in ("text", "literal_column", "exec_driver_sql")
            and bool(call.args)
            and isinstance(call.args[0], ast.JoinedStr | ast.BinOp)
        )
    )
    assert made - {"tenancy.py", "db.py"} == set()
    for name in ("tenancy.py", "db.py"):  # only names that stand in the source: settings, pragmas
        for call in calls(PACKAGE / name):
            if name_of(call) in ("text", "literal_column"):
                assert not any(isinstance(part, ast.FormattedValue) and _varies(part) for part in ast.walk(call))


def _varies(part: ast.FormattedValue) -> bool:
    return ast.unparse(part.value) != "calls"


def test_nothing_is_evaluated_unpacked_or_given_to_a_shell() -> None:
    """ASVS 1.2.5, 1.3.2, 1.5.2."""
    assert users(lambda call: name_of(call) in ("eval", "exec", "compile", "__import__")) == set()
    assert users(lambda call: name_of(call) in SHELLS) == set()
    shell = users(lambda call: any(k.arg == "shell" and ast.unparse(k.value) != "False" for k in call.keywords))
    assert shell == set()
    unsafe = users(lambda call: name_of(call).split(".")[-1] in ("Markup", "render_template_string", "from_string"))
    assert unsafe <= {"web/view.py"}, "markup is made by templates, which escape"


def test_no_secret_comes_from_random_or_a_uuid() -> None:
    """ASVS 11.5.1: the module ``secrets`` only."""
    found = {
        inside(path)
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names])
        if name in ("random", "uuid", "numpy.random")
    }
    assert {path for path in found if not path.startswith(RANDOM_MAY)} == set()


def test_weak_digests_are_not_used() -> None:
    """ASVS 11.4.1: no MD5, no SHA-1."""
    weak = users(lambda call: name_of(call) in ("hashlib.md5", "hashlib.sha1") or "'sha1'" in ast.unparse(call))
    assert weak <= {"accounts/second_factor.py"}, "only TOTP's own HMAC (RFC 6238) is on SHA-1"


def test_only_the_named_modules_look_across_tenants() -> None:
    assert users(lambda call: name_of(call).endswith(".elevated")) == set(ELEVATED)


def test_only_the_named_modules_of_the_web_act_as_the_system() -> None:
    acting = users(
        lambda call: name_of(call).split(".")[-1] in ("writing", "reading") and "SYSTEM" in map(ast.unparse, call.args)
    )
    assert {path for path in acting if path.startswith("web/")} == set(SYSTEM_IN_WEB)


def test_only_the_named_modules_go_round_the_scope_of_a_session() -> None:
    """``session.connection()`` is not kept to an actor's rows but by PostgreSQL."""
    assert users(lambda call: name_of(call).endswith("session.connection") and not call.args) == set(RAW)
    assert users(lambda call: name_of(call).split(".")[-1].startswith("bulk_")) == set()
    assert users(lambda call: name_of(call).endswith(".from_statement")) == set()


def test_answers_and_consents_are_given_by_the_use_cases_that_all_hangs_on() -> None:
    """Whoever went round ``push.answers`` and ``give_consent`` would leave a lead or a referral as it was."""
    steps = ("take_referral", "refuse_referral", "decline_referral", "undo_answer")
    assert users(lambda call: name_of(call).split(".")[-1] in steps) == {"push/answers.py"}
    consenting = {"push/consent_notices.py", "guarantee/cases/applying.py"}
    assert users(lambda call: name_of(call).split(".")[-1] == "consent_to") == consenting
    for step in ("withdraw_consent", "end_referrals_of"):
        withdrawing = {"push/consent_notices.py", "push/privacy/closing.py"}
        assert users(lambda call, step=step: name_of(call).split(".")[-1] == step) == withdrawing


def test_no_savepoints() -> None:
    """An event of a savepoint that is undone would still be recorded in the audit: what fails, fails whole."""
    assert users(lambda call: name_of(call).endswith(".begin_nested")) == set()


def test_the_web_and_accounts_use_no_bare_tables() -> None:
    """A bare table in an ORM statement is not kept to an actor's rows."""
    found = {
        inside(path)
        for folder in ("web", "accounts", "referrals", "push")
        for path in modules(PACKAGE / folder)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "__table__"
    }
    assert found == set()


def test_schemas_refuse_what_they_do_not_know() -> None:
    """ASVS 2.2.1, 15.3.3."""
    import importlib

    from marshmallow import RAISE, Schema

    for path in modules():
        if path.name == "schemas.py" or (path.parent.name == "api" and path.parent.parent.name == "web"):
            importlib.import_module("matchmaker." + inside(path).removesuffix(".py").replace("/", "."))
    checked = [schema for schema in _below(Schema) if schema.__module__.startswith("matchmaker")]
    assert checked
    assert [schema for schema in checked if schema.opts.unknown != RAISE] == []


def _below(schema: type) -> Iterator[type]:
    for one in schema.__subclasses__():
        yield one
        yield from _below(one)


@pytest.mark.parametrize("model", tenant_tables(), ids=lambda one: one.__name__)
def test_every_column_has_its_class(model: type) -> None:
    """ASVS 14.1.1: a new column says what kind of data it is."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    assert [c.name for c in table.columns if class_of(c) not in MEANING] == []


def test_the_classes_name_only_columns_that_are_there_and_each_once() -> None:
    tables = {model.__table__.name: {c.name for c in model.__table__.columns} for model in tenant_tables()}
    for table, classes in CLASSES.items():
        names = [name for some in classes.values() for name in some.split()]
        assert len(names) == len(set(names)), table
        assert set(names) <= tables[table] - COMMON, table


def test_no_secret_stands_in_the_repository() -> None:
    """ASVS 13.3.1: no key, no token of ours, no password in settings files."""
    for path in (ROOT / "instance" / "config.toml.example", ROOT / "gunicorn.conf.py", ROOT / "wsgi.py"):
        for line in path.read_text("utf-8").splitlines():
            if any(word in line for word in ("secret", "password")) and "=" in line and line.startswith("# "):
                assert line.rstrip().endswith('""') or "." in line, line
    for path in modules():
        assert "BEGIN PRIVATE KEY" not in path.read_text("utf-8")
