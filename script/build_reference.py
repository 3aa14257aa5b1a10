#!/usr/bin/env python3
"""Write docs/reference/*.md from the code: commands, files, criteria, settings, states, roles, data.

Run it after any change there.

``--check`` writes nothing and fails when a page is not what the code says (a test runs it).
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import fields
from datetime import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import click

from matchmaker import create_app
from matchmaker.accounts.audit_titles import TITLES
from matchmaker.accounts.data_classes import MEANING, class_of
from matchmaker.accounts.matrix import ACTIONS, ADMINISTRATORS, FIELDS, SECOND_FACTOR, Action
from matchmaker.domain.errors import Exit
from matchmaker.domain.guarantee_life import GUARANTEE, REASON_SIGNS
from matchmaker.domain.guarantee_terms import GuaranteeState
from matchmaker.domain.lifecycle import ENTRY, REFERRAL, ReferralStep
from matchmaker.domain.terms import (
    BankAnswer,
    DeclineReason,
    EntryStatus,
    FirmAnswer,
    ReferralState,
    RefusalReason,
    Role,
    Side,
    Verdict,
)
from matchmaker.guarantee.cases.bank_files import FORMS
from matchmaker.guarantee.rating.rules import DEFAULT
from matchmaker.lists.entry import Readable, fields_of
from matchmaker.lists.models import LISTS, REGISTERS
from matchmaker.push.privacy.rules import RULES
from matchmaker.scoring.criteria import CRITERIA
from matchmaker.scoring.rating.catalogue import RULES as RATING_RULES
from matchmaker.scoring.rating.ruleset import read_rules
from matchmaker.scoring.score import COMPONENTS
from matchmaker.settings import Settings
from matchmaker.tenancy import tenant_tables

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"
MADE = "<!-- Made by script/build_reference.py; change the code, not this page. -->\n\n"


def cell(text: object) -> str:
    """Text that stands in one cell of a table."""
    return str(text).replace("|", "\\|").replace("\n", " ")


def table(header: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "| " + " | ".join("---" for _ in header) + " |"]
    return "\n".join(lines + ["| " + " | ".join(cell(c) for c in row) + " |" for row in rows]) + "\n"


OF_BANKS = (
    "Read by `flask guarantee events` and `flask guarantee cover`. The event number is the bank's own: sent again, a "
    "row gets the same answer. A bare amount is yuan. A cell that cannot be read refuses the whole file; a row that is "
    "refused stands in no other's way.\n\n"
    "由 `flask guarantee events` 与 `flask guarantee cover` 读取。事件编号由银行自编，重发得到同一答复。"
    "不写单位的金额为元。有读不懂的格子时整份不办理；某一行没有办理，不影响其他行。"
)


def files() -> str:
    """Columns of every kind of file."""
    parts = [
        "# Files 文件",
        "Every list and register reads and writes `.xlsx` and `.csv`. A header is the code or the Chinese name, in any "
        "order. A row is matched by its key: a column that is absent keeps what is stored, a blank cell clears it, an "
        "entry that is absent from the file is left alone, and an unchanged row confirms the entry.",
        "每张清单都可读写 `.xlsx` 与 `.csv`。表头用代码或中文名称，顺序不限。按主键认行：文件中没有的列保留原值，"
        "空白单元格清除原值，"
        "文件中没有的条目不受影响，无变化的行视为对该条目的确认。从命令行导入是运营人员的操作，立即发布。",
    ]
    groups: tuple[tuple[str, Mapping[str, Readable]], ...] = (
        ("Lists 清单", LISTS),
        ("Registers 登记表", REGISTERS),
        ("Files of banks 银行报送的文件", FORMS),
    )
    for title, kinds in groups:
        parts.append(f"## {title}")
        if kinds is FORMS:
            parts.append(OF_BANKS)
        for name, model in kinds.items():
            rows = []
            for f in fields_of(model):
                choices = "; ".join(f"`{c.value}` {c.label.zh}" for c in f.kind.choices())
                note = "key" if f.key else "required" if f.required else ""
                said = f"{f.help.zh}. {f.help.en}" if f.help.zh else ""
                rows.append((f"`{f.code}`", f.label.zh, f.label.en, note, choices or f.kind.example.zh, said))
            parts.append(f"### {name} {model.label.zh}")
            parts.append(table(("code", "中文", "English", "", "values", "note"), rows))
    return "\n\n".join(parts)


def criteria() -> str:
    """Criteria, verdicts and the components of the score."""
    rows = [
        (n, f"`{c.key}`", c.label.zh, c.label.en, ", ".join(f"`{m}`" for m in c.moves) or "–")
        for n, c in enumerate(CRITERIA, 1)
    ]
    verdicts = [(f"`{v.value}`", v.label.zh, v.label.en) for v in Verdict]
    components = [(f"`{c.key}`", c.label.zh, c.label.en, c.max_tenths // 10) for c in COMPONENTS]
    return "\n\n".join(
        (
            "# Criteria 准入条件",
            table(("", "key", "中文", "English", "a failure can be repaired by"), rows),
            "## Verdicts 结论",
            table(("code", "中文", "English"), verdicts),
            "## Components of the score 契合分组成",
            "The score orders what is eligible; it never decides. 契合不等于获批。",
            table(("key", "中文", "English", "points at most"), components),
        )
    )


def commands() -> str:
    """Every command with its help."""
    app = create_app(Settings())
    parts = ["# Commands 命令", "Run them as `flask …` in the project's root.", "## Exit codes 退出码"]
    parts.append(table(("code", "means"), [(int(e), e.name.lower().replace("_", " ")) for e in Exit]))
    parts += [section for name in sorted(app.cli.commands) for section in command(name, app.cli.commands[name])]
    return "\n\n".join(parts)


BUILT_IN = {"run", "shell", "routes"}


def command(path: str, found: click.Command) -> list[str]:
    """The help of one command, and of those in its group."""
    if path in BUILT_IN:
        return []
    if isinstance(found, click.Group):
        return [s for name in sorted(found.commands) for s in command(f"{path} {name}", found.commands[name])]
    context = click.Context(found, info_name=f"flask {path}", terminal_width=100, max_content_width=100)
    return [f"## flask {path}", "```text\n" + found.get_help(context).strip() + "\n```"]


def settings() -> str:
    """Every setting with its default."""
    rows = [
        (f"`{f.name}`", f"`{toml(getattr(Settings(), f.name))}`", f.metadata["about"].zh, f.metadata["about"].en)
        for f in fields(Settings)
        if f.metadata
    ]
    intro = (
        "In `config.toml` of the instance folder (`MATCHMAKER_INSTANCE`, default `instance`), or as a variable "
        "`MATCHMAKER_<NAME IN CAPITALS>`, which wins."
    )
    return "\n\n".join(("# Settings 设置", intro, table(("setting", "default", "中文", "English"), rows)))


def toml(value: object) -> str:
    """A setting's value as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]"
    return str(value) if isinstance(value, int) else f'"{value:%H:%M}"' if isinstance(value, time) else f'"{value}"'


def example() -> str:
    """``instance/config.toml.example``: every setting with its default, commented out."""
    lines = [
        "# Settings of this installation: copy to config.toml and take the # off what you change. A variable",
        "# MATCHMAKER_<NAME IN CAPITALS> wins over this file. Made by script/build_reference.py.",
        "# 本机的设置：复制为 config.toml，去掉要修改的行首的 #。环境变量 MATCHMAKER_<大写名称> 优先。",
    ]
    for f in fields(Settings):
        if f.metadata:
            about = f.metadata["about"]
            lines += ["", f"# {about.zh}. {about.en}", f"# {f.name} = {toml(getattr(Settings(), f.name))}"]
    return "\n".join(lines) + "\n"


def states() -> str:
    """The lives of list entries, of referrals and of guarantees."""
    names = [(f"`{s.value}`", s.label.zh, s.label.en) for s in EntryStatus]
    steps = [
        (f"`{t.verb}`", t.label.zh, ", ".join(s.value for s in t.sources), t.target.value, ", ".join(t.who))
        for t in ENTRY
    ]
    return "\n\n".join(
        (
            "# States of a list entry 清单条目的状态",
            table(("state", "中文", "English"), names),
            table(("verb", "中文", "from", "to", "who"), steps),
            *referral_states(),
            *guarantee_states(),
        )
    )


def audit() -> str:
    """What each action of the audit is called."""
    rows = [(f"`{action}`", title.zh, title.en) for action, title in sorted(TITLES.items())]
    return "\n\n".join(("# Actions of the audit 审计记录的动作", table(("action", "中文", "English"), rows)))


def referral_states() -> tuple[str, ...]:
    """The two parts of a referral, the whole, the steps, and the reasons of a no."""
    parts = [("bank 银行", BankAnswer), ("firm 企业", FirmAnswer), ("whole 整体", ReferralState)]
    named = [(part, f"`{s.value}`", s.label.zh, s.label.en) for part, states in parts for s in states]
    steps = [
        (f"`{t.verb}`", t.label.zh, t.part, ", ".join(s.value for s in t.sources), t.target.value, t.who, _asks(t))
        for t in REFERRAL
    ]
    reasons = [
        (side, f"`{r.value}`", r.label.zh, r.label.en)
        for side, codes in (("bank 银行", RefusalReason), ("firm 企业", DeclineReason))
        for r in codes
    ]
    return (
        "# States of a referral 对接的状态",
        "A bank and an enterprise answer apart, in either order. The whole follows from both: a no of either side, or "
        "a consent withdrawn, ends it; what the enterprise says comes first. "
        "银行与企业各自答复，先后不限。任何一方说不，或企业撤回授权，对接即结束；以企业的答复为先。",
        table(("part", "state", "中文", "English"), named),
        table(("verb", "中文", "part", "from", "to", "who", "asks"), steps),
        "An undo works for `referral_undo_seconds`. The bank's reason and note stay inside the bank (the bureau reads "
        "the reason); the bank does not learn the enterprise's. 撤销限 `referral_undo_seconds` 秒内。"
        "银行的原因和说明不出本行（主管部门可见原因代码），企业的原因银行不可见。",
        table(("side", "reason", "中文", "English"), reasons),
    )


def guarantee_states() -> tuple[str, ...]:
    """The life of a guarantee."""
    named = [(f"`{s.value}`", s.label.zh, s.label.en) for s in GuaranteeState]
    steps = [
        (
            f"`{t.verb}`", t.label.zh, ", ".join(s.value for s in t.sources) or "–",
            ", ".join(s.value for s in t.targets), ", ".join(t.who), f"{REASON_SIGNS}+" if t.reason else "",
            t.second.zh if t.second else "",
        )
        for t in GUARANTEE
    ]  # fmt: skip
    return (
        "# States of a guarantee 担保的状态",
        table(("state", "中文", "English"), named),
        table(("verb", "中文", "from", "to", "who", "reason 理由字数", "another person than 不能是"), steps),
    )


def _asks(step: ReferralStep) -> str:
    """What a step asks for besides."""
    asked = (("a reason", step.reason), ("in time", step.undoes), ("the whole open", step.whole_open))
    return ", ".join(what for what, holds in asked if holds)


def roles() -> str:
    """Roles, the matrix of roles and actions, and which fields a side reads."""
    named = [(f"`{r}`", r.label.zh, r.label.en, r.side.label.zh, "yes" if r in SECOND_FACTOR else "") for r in Role]
    excluded = ", ".join(f"`{role}`" for role in ADMINISTRATORS)
    shown = [[r for r in Role if r not in ADMINISTRATORS], list(ADMINISTRATORS)]
    fields_read = [
        (side.label.zh, side.label.en, *(", ".join(sorted(FIELDS[side][of])) or "–" for of in ("own", "other")))
        for side in Side
    ]
    return "\n\n".join(
        (
            "# Roles and what they may do 角色与权限",
            "Made from `matchmaker/accounts/matrix.py`, which is also what every request is checked against. An action "
            "is taken within one's own scope only: what is another organisation's does not exist for its reader. "
            "本页由权限矩阵生成，每次请求都按同一矩阵检查。操作只及于本单位的数据，别家的数据视同不存在。",
            "## Roles 角色",
            table(("role", "中文", "English", "side 所属", "second factor 二次验证"), named),
            f"{excluded} exclude each other and every other role, and see no business data. "
            "三员互斥，且不接触业务数据。",
            "## Role × action 角色 × 操作",
            "`fresh`: only after the password was given within the last minutes. `first`: also before the second "
            "factor has been given. scope: by which a programme's token may take the action; without one it may not.",
            *(
                table(("action", "中文", "English", *(f"`{r}`" for r in some), "notes"), _matrix(some))
                for some in shown
            ),
            "## Side × field 各方可读的字段",
            "By the class of the field (see [data](data.md)), of a side's own entries and of others' that it sees at "
            "all. What a bank or a guarantor reads of an enterprise goes by consent, never by this table. "
            "银行和担保机构读取企业信息只凭授权。",
            table(("中文", "English", "own 本方", "others 他方"), fields_read),
        )
    )


def _matrix(shown: list[Role]) -> list[tuple[object, ...]]:
    """One row an action: a mark for each role that may take it."""
    return [
        (f"`{a.key}`", a.label.zh, a.label.en, *("✓" if a.public or r in a.roles else "" for r in shown), _notes(a))
        for a in ACTIONS
    ]


def _notes(action: Action) -> str:
    marks = (("public", action.public), ("fresh", action.fresh), ("first", action.first_factor))
    return ", ".join([name for name, holds in marks if holds] + ([f"`{action.scope}`"] if action.scope else []))


def data() -> str:
    """The classes of data, and the class of every column."""
    classes = [(f"`{name}`", text.zh, text.en) for name, text in MEANING.items()]
    rows = [
        (
            f"`{model.__tablename__}`",
            kind,
            ", ".join(f"`{c.name}`" for c in model.__table__.columns if class_of(c) == kind),
        )
        for model in tenant_tables()
        for kind in MEANING
        if any(class_of(c) == kind for c in model.__table__.columns)
    ]
    return "\n\n".join(
        (
            "# Data and its classes 数据分级",
            "Every column of every table has one of these classes. The fields of lists say it where they are declared, "
            "all others in `matchmaker/accounts/data_classes.py`. 每张表的每一列都有分级。",
            table(("class", "中文", "English"), classes),
            "## Columns 各列",
            table(("table", "class", "columns"), rows),
        )
    )


def retention() -> str:
    """How long what is kept."""
    rows = [
        (f"`{r.key}`", r.label.zh, r.label.en, r.rule.zh, r.rule.en, f"{r.source.zh}. {r.source.en}") for r in RULES
    ]
    return "\n\n".join(
        (
            "# How long what is kept 保存期限",
            "Made from the one table that `flask privacy retention` and the nightly job work off "
            "(`matchmaker/push/privacy/rules.py`); `--dry-run` counts. Run it after restoring a backup, too: what "
            "had been removed is in old backups. The audit keeps ids and hashes only and is never shortened. "
            "恢复备份后也要运行一次：旧备份里有已删除的内容。审计只存编号与哈希，不缩短。",
            table(("rule", "中文", "English", "期限", "rule", "source"), rows),
        )
    )


def rating() -> str:
    """The rules of rating with the parameters that come with the package."""
    rules = read_rules(json.loads(DEFAULT.read_text("utf-8")))
    rows = []
    for rule in RATING_RULES:
        setting = rules.settings[rule.key]
        caps = [setting.caps.get(name) for name in ("fail", "serious", "unknown")]
        asked = "; ".join(f"{p.label.zh} {p.label.en}: {setting.params[p.key]}" for p in rule.params)
        said = [cap.value if cap else "–" for cap in caps]
        fresh = setting.fresh_days or "–"
        dimension = f"{rule.dimension.label.zh} {rule.dimension.label.en}"
        rows.append((f"`{rule.key}`", dimension, rule.label.zh, rule.label.en, *said, fresh, asked))
    header = ("key", "维度 dimension", "中文", "English", "fail", "serious", "unknown", "days", "asks")
    return "\n\n".join(
        (
            "# Rules of rating 评级规则",
            f"The rules that come with the package, version {rules.version}; a rating is valid for "
            f"{rules.validity_days} days at most. fail, serious, unknown: the best grade that is left; –: any. "
            "days: how old a fact, or the last update of the sources, may be. Which rules are in force says "
            "`flask rating rules list`; how to change them: `docs/explanation/rating.md`. "
            "“fail、serious、unknown”列为不通过、严重、未知时最高能得的等级，“–”为不影响；“days”为信息最多可用的天数。",
            table(header, rows),
        )
    )


PAGES = {
    "files": files,
    "criteria": criteria,
    "commands": commands,
    "settings": settings,
    "states": states,
    "audit": audit,
    "roles": roles,
    "data": data,
    "retention": retention,
    "rating": rating,
}
EXAMPLE = FOLDER.parent.parent / "instance" / "config.toml.example"


def main() -> int:
    """Write (or with ``--check`` compare) every page."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    stale = []
    made = {FOLDER / f"{name}.md": MADE + make().rstrip() + "\n" for name, make in PAGES.items()}
    for path, text in {**made, EXAMPLE: example()}.items():
        if "--check" in sys.argv:
            stale += [path.name] if not path.exists() or path.read_text("utf-8") != text else []
        else:
            path.write_text(text, "utf-8")
    if stale:
        sys.stderr.write(f"Out of date: {', '.join(stale)}. Run script/build_reference.py.\n")
    return len(stale)


if __name__ == "__main__":
    sys.exit(min(main(), 1))
