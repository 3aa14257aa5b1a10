"""One frozen settings object, from ``instance/config.toml`` and ``MATCHMAKER_*`` variables (the variables win)."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from matchmaker.domain.errors import ConfigurationError
from matchmaker.domain.text import Text


def _setting(
    default: Any, zh: str, en: str, *, choices: tuple[str, ...] = (), least: int | None = None, secret: bool = False
) -> Any:
    """A setting with what it means; the example file and the reference page are made from it."""
    return field(default=default, metadata={"about": Text(zh, en), "choices": choices, "least": least}, repr=not secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting with its default. ``MATCHMAKER_<NAME>`` in the environment overrides the file's ``<name>``."""

    instance: Path = Path("instance")
    database_url: str = _setting(
        "",
        "数据库地址；空：实例目录中的 SQLite 文件 matchmaker.db",
        "the database; empty: SQLite in matchmaker.db of the instance folder",
    )
    migration_url: str = _setting(
        "",
        "数据库结构所有者的地址，应用角色不能改结构时填写；空：同 database_url",
        "the schema's owner, where the application's own role may not change it; empty: database_url",
    )
    city: str = _setting("威海市", "城市名称", "name of the city")
    timezone: str = _setting("Asia/Shanghai", "显示时间与推送窗口所用时区", "zone of shown times and of push windows")
    lang: str = _setting("zh", "默认语言", "default language", choices=("zh", "en"))
    public_url: str = _setting(
        "http://127.0.0.1:5000",
        "网页地址，邮件中的链接以此开头",
        "where people reach the pages; links in mail begin with it",
    )
    demo: bool = _setting(False, "演示模式，仅由 script/demo 设置", "demo mode; only script/demo sets it")
    secret_key: str = _setting(
        "",
        "网页与密文所用的密钥，至少 32 个字符；用 flask secret create 生成",
        "the key of pages and of kept secrets, at least 32 characters; flask secret create makes one",
        secret=True,
    )
    secret_key_previous: str = _setting(
        "",
        "更换密钥期间的旧密钥，仍能打开旧密文",
        "the key of before, while it is being changed: it still opens what it closed",
        secret=True,
    )
    trusted_proxies: int = _setting(
        0,
        "前面有几层可信的反向代理；0：不采信 X-Forwarded-*",
        "how many reverse proxies of one's own stand before it; 0: X-Forwarded-* is not believed",
        least=0,
    )
    web_database_seconds: int = _setting(
        10,
        "网页和接口等待数据库的最长秒数，超过即答复稍后再试",
        "seconds that a request waits for the database at most; then it is told to try again",
        least=1,
    )
    session_idle_minutes: int = _setting(30, "多少分钟无操作后须重新登录", "a session idle for longer ends", least=1)
    session_hours: int = _setting(12, "登录最长有效小时数", "hours after which a session ends", least=1)
    invitation_hours: int = _setting(72, "邀请链接有效小时数", "hours for which an invitation works", least=1)
    sign_in_failures: int = _setting(
        10, "同一账号或地址连续失败多少次后放慢", "failures by account or address before sign-in is slowed", least=3
    )
    consent_days: int = _setting(90, "授权默认有效天数", "days for which a consent holds unless it says else", least=1)
    guarantee_grace_days: int = _setting(
        7,
        "担保意向函到期后再过多少天释放未用额度：期内补报到期前的放款仍在担保范围内",
        "days after a letter's end until what is not drawn is freed: earlier drawdowns may be reported until then",
        least=0,
    )
    rating_appeal_workdays: int = _setting(
        7, "信用评级申诉在多少个工作日内答复", "workdays within which an appeal against a rating is answered", least=1
    )
    referral_undo_seconds: int = _setting(
        60, "答复后多少秒内可以撤销", "seconds in which an answer to a lead or a referral can be undone", least=0
    )
    needs_review: bool = _setting(
        False, "企业需求是否一律先审核再发布", "whether every need is reviewed before it is published"
    )
    products_review: bool = _setting(
        True,
        "银行新增或修改的产品是否先审核再发布",
        "whether what a bank adds or changes is reviewed before it is published",
    )
    api_rate: str = _setting("600/minute", "每个密钥的接口调用上限", "calls of the API for each token")
    webhook_allow_nets: str = _setting(
        "",
        "允许推送到的内网网段，逗号分隔；空：只能推送到公网 https 地址",
        "private networks that webhooks may reach, comma separated; empty: public https addresses only",
    )
    webhook_timeout: int = _setting(10, "推送超时（秒）", "seconds after which a delivery is given up", least=1)
    oidc_issuer: str = _setting("", "统一身份认证地址；空：不使用", "OpenID Connect issuer; empty: not used")
    oidc_client_id: str = _setting("", "统一身份认证的客户端编号", "client id there")
    oidc_client_secret: str = _setting("", "统一身份认证的客户端密钥", "client secret there", secret=True)
    audit_heads_file: str = _setting(
        "",
        "审计链摘要另存的第二个位置，最好在别的机器或磁盘上；空：只存实例目录的 audit-heads.jsonl",
        "a second place for the heads of the audit chain, best on another machine or disk; "
        "empty: only audit-heads.jsonl of the instance folder",
    )
    bureau_contact: str = _setting(
        "",
        "主管部门的咨询电话或联系方式，印在确认页上；空：不显示",
        "how to reach the bureau, shown where people may need it; empty: not shown",
    )
    stale_days: int = _setting(
        90, "超过多少天未确认即停止推送", "days without confirmation after which an entry is stale", least=1
    )
    stale_notice_days: tuple[int, ...] = _setting(
        (14, 3), "提前多少天提醒确认", "days before that on which its owner is told"
    )
    top_k: int = _setting(20, "每条需求、每个产品保留的匹配数", "matches kept on each side", least=1)
    lead_capacity_default: int = _setting(
        20, "产品未填每月线索额度时的默认值", "leads a month for a product that names no capacity of its own", least=0
    )
    push_max_items: int = _setting(3, "摘要中每类最多列出的条数", "items a digest shows of each section", least=1)
    enterprise_digest: str = _setting(
        "TUE 09:30",
        "企业摘要的时间：MON…SUN、DAILY、WORKDAY 或 FIRST_WORKDAY（每周首个工作日），加时刻",
        "when: MON … SUN, DAILY, WORKDAY or FIRST_WORKDAY (of the week), and the time of day",
    )
    bank_digest: str = _setting("WORKDAY 08:30", "银行摘要的时间", "when banks get theirs")
    bureau_digest: str = _setting("FIRST_WORKDAY 09:00", "主管部门周报的时间", "when the bureau gets its weekly report")
    quiet_from: time = _setting(time(20, 0), "免打扰开始", "nothing is sent from this time of day …")
    quiet_until: time = _setting(time(8, 0), "免打扰结束", "… until this one, and on days off")
    held_until: time = _setting(
        time(8, 30), "免打扰期间压下的消息在下一工作日的发送时刻", "when on the next workday held messages go out"
    )
    catch_up_hours: int = _setting(
        24, "超过此小时数的漏发窗口不再补发", "a window missed by more hours is skipped", least=0
    )
    smtp_host: str = _setting(
        "",
        "邮件服务器；空：邮件写入实例目录的 mail/*.eml",
        "mail server; empty: mail is written to mail/*.eml of the instance",
    )
    smtp_port: int = _setting(25, "邮件服务器端口", "its port", least=1)
    smtp_user: str = _setting("", "邮件服务器用户名", "user there; empty: no login")
    smtp_password: str = _setting("", "邮件服务器密码", "password there", secret=True)
    smtp_starttls: bool = _setting(False, "是否使用 STARTTLS", "use STARTTLS")
    smtp_timeout: int = _setting(20, "连接超时（秒）", "seconds after which a connection is given up", least=1)
    mail_from: str = _setting("matchmaker@localhost.localdomain", "发件地址", "sender's address")
    mail_from_name: str = _setting("融资撮合", "发件人名称", "sender's name")
    lease_seconds: int = _setting(
        120, "发送进程占用一条消息的秒数", "seconds for which a sender holds a message", least=10
    )
    send_attempts: int = _setting(8, "一条消息最多尝试次数", "how often a message is tried", least=1)

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
    for name, written in env.items():
        key = name.removeprefix("MATCHMAKER_").lower()
        if name.startswith("MATCHMAKER_") and key in _FIELDS and key != "instance":
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
    unknown = sorted(set(found) - set(_FIELDS))
    if unknown:
        raise ConfigurationError(
            Text("设置文件 {path} 中没有「{name}」这一项。", "{path} has a setting that does not exist: {name}."),
            code="settings_unknown",
            path=path,
            name=unknown[0],
        )
    return found


_DEFAULTS = Settings()
_FIELDS = {f.name: f for f in fields(Settings)}


def _read(name: str, value: Any) -> Any:
    try:
        found = _converted(getattr(_DEFAULTS, name), value)
        about = _FIELDS[name].metadata
        if about.get("choices") and found not in about["choices"]:
            raise ValueError(found)
        if about.get("least") is not None and found < about["least"]:
            raise ValueError(found)
        if name == "timezone":
            ZoneInfo(found)
        return found
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


def _converted(default: Any, value: Any) -> Any:
    """``value`` in the type of ``default``; ValueError, KeyError or TypeError where it cannot be that."""
    if isinstance(default, bool):
        return value if isinstance(value, bool) else _YES_NO[str(value).strip().lower()]
    if isinstance(default, int):
        return int(value)
    if isinstance(default, time):
        return value if isinstance(value, time) else time.fromisoformat(value)
    if isinstance(default, tuple):
        return tuple(int(part) for part in (value.split(",") if isinstance(value, str) else value))
    return Path(value) if isinstance(default, Path) else str(value)


_YES_NO = {"1": True, "true": True, "0": False, "false": False, "": False}
