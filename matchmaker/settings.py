"""One frozen settings object, from ``instance/config.toml`` and ``MATCHMAKER_*`` variables (the variables win)."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from matchmaker.domain.errors import ConfigurationError
from matchmaker.domain.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting with its default. ``MATCHMAKER_<NAME>`` in the environment overrides the file's ``<name>``."""

    instance: Path = Path("instance")
    database_url: str = ""
    """Empty: SQLite in ``instance/matchmaker.db``."""
    migration_url: str = ""
    """The owner of the schema, where the application's own role may not change it; empty: ``database_url``."""
    demo: bool = False
    lang: str = "zh"
    city: str = "威海市"
    timezone: str = "Asia/Shanghai"
    public_url: str = "http://127.0.0.1:5000"
    stale_days: int = 90
    stale_notice_days: tuple[int, ...] = (14, 3)
    top_k: int = 20
    lead_capacity_default: int = 20
    """Leads a month for a product that names no capacity of its own."""
    push_max_items: int = 3
    enterprise_digest: str = "TUE 09:30"
    bank_digest: str = "WORKDAY 08:30"
    bureau_digest: str = "FIRST_WORKDAY 09:00"
    quiet_from: time = time(20, 0)
    quiet_until: time = time(8, 0)
    held_until: time = time(8, 30)
    """When a message held over night or over a holiday goes out."""
    catch_up_hours: int = 24
    smtp_host: str = ""
    """Empty: mail is written to ``instance/mail/*.eml``."""
    smtp_port: int = 25
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_starttls: bool = False
    smtp_timeout: int = 20
    mail_from: str = "matchmaker@localhost.localdomain"
    mail_from_name: str = "融资撮合"
    lease_seconds: int = 120
    send_attempts: int = 8

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which times are shown and windows are planned."""
        return ZoneInfo(self.timezone)

    @property
    def url(self) -> str:
        """The database the application uses."""
        return self.database_url or f"sqlite:///{(self.instance / 'matchmaker.db').resolve()}"

    @property
    def mail_dir(self) -> Path:
        """Where mail goes without SMTP settings."""
        return self.instance / "mail"


def load(environ: Mapping[str, str] | None = None, instance: Path | None = None) -> Settings:
    """Settings from the instance folder's file and the environment; a wrong one is a ConfigurationError naming it."""
    env = os.environ if environ is None else environ
    folder = instance or Path(env.get("MATCHMAKER_INSTANCE", "instance"))
    values: dict[str, Any] = {"instance": folder, **_from_file(folder / "config.toml")}
    known = {f.name: f for f in fields(Settings)}
    for name, written in env.items():
        key = name.removeprefix("MATCHMAKER_").lower()
        if name.startswith("MATCHMAKER_") and key in known and key != "instance":
            values[key] = written
    return Settings(**{k: _read(k, v) for k, v in values.items()})


def _from_file(path: Path) -> dict[str, Any]:
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            Text("设置文件 {path} 读不懂：{why}。改正后再试。", "The settings file {path} cannot be read: {why}."),
            code="settings_file",
            path=path,
            why=error,
        ) from error
    unknown = sorted(set(found) - {f.name for f in fields(Settings)})
    if unknown:
        raise ConfigurationError(
            Text("设置文件 {path} 中没有「{name}」这一项。", "{path} has a setting that does not exist: {name}."),
            code="settings_unknown",
            path=path,
            name=unknown[0],
        )
    return found


_DEFAULTS = Settings()


def _read(name: str, value: Any) -> Any:
    default = getattr(_DEFAULTS, name)
    try:
        if isinstance(default, bool):
            return (
                value
                if isinstance(value, bool)
                else {"1": True, "true": True, "0": False, "false": False, "": False}[str(value).strip().lower()]
            )
        if isinstance(default, int):
            return int(value)
        if isinstance(default, time):
            return value if isinstance(value, time) else time.fromisoformat(value)
        if isinstance(default, tuple):
            return tuple(int(part) for part in (value.split(",") if isinstance(value, str) else value))
        return Path(value) if isinstance(default, Path) else str(value)
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            Text(
                "设置 {name} 的值「{value}」读不懂。参照 instance/config.toml.example 填写。",
                'The setting {name} has a value that cannot be read: "{value}". See instance/config.toml.example.',
            ),
            code="settings_value",
            name=name,
            value=value,
        ) from error
