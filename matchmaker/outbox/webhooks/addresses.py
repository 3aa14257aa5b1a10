"""Which addresses a webhook may reach: looked up once, every answer checked, and the checked one is connected to.

RELIABILITY.md rule 18, ASVS 1.3.6 and 15.3.2. The list below is explicit on purpose: a translated, mapped or tunnelled
form of an inner address is as good as the address itself.
"""

import re
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from matchmaker.domain.errors import ConfigurationError, RejectedError
from matchmaker.domain.text import Text
from matchmaker.settings import Settings

PORTS = (443, 8443)
LONGEST_URL = 2000
LOOK_UP_SECONDS = 3.0
Network = IPv4Network | IPv6Network
Resolver = Callable[[str, int, float], list[str]]
"""From host, port and seconds to wait to IP addresses; OSError where there are none."""

DENIED: dict[str, str] = {
    "0.0.0.0/8": "this host, unspecified",
    "10.0.0.0/8": "private",
    "100.64.0.0/10": "carrier-grade NAT",
    "127.0.0.0/8": "loopback",
    "169.254.0.0/16": "link-local, cloud metadata",
    "172.16.0.0/12": "private",
    "192.0.0.0/24": "protocol assignments",
    "192.0.2.0/24": "documentation",
    "192.88.99.0/24": "6to4 relays",
    "192.168.0.0/16": "private",
    "198.18.0.0/15": "benchmarking",
    "198.51.100.0/24": "documentation",
    "203.0.113.0/24": "documentation",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved, broadcast",
    "::/96": "unspecified, loopback, IPv4-compatible",
    "::ffff:0:0/96": "IPv4-mapped",
    "::ffff:0:0:0/96": "IPv4-translated",
    "64:ff9b::/96": "NAT64",
    "64:ff9b:1::/48": "local NAT64",
    "100::/64": "discard",
    "2001::/23": "protocol assignments, Teredo, benchmarking",
    "2001:db8::/32": "documentation",
    "2002::/16": "6to4",
    "3fff::/20": "documentation",
    "5f00::/16": "segment routing",
    "fc00::/7": "unique local",
    "fe80::/10": "link-local",
    "fec0::/10": "site-local",
    "ff00::/8": "multicast",
}
_DENIED: tuple[Network, ...] = tuple(ip_network(written) for written in DENIED)
_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}$)({_LABEL}\.)*[a-z]([a-z0-9-]{{0,61}}[a-z0-9])?", re.IGNORECASE)
"""A host's name; its last label begins with a letter, so that no number of any spelling passes as a name."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL leads. ``host``: a name or an IP address without brackets."""

    secure: bool
    host: str
    port: int


class AddressRefusedError(RejectedError):
    """The address is not one that webhooks may reach."""


def allowed_nets(settings: Settings) -> tuple[Network, ...]:
    """The networks of ``webhook_allow_nets``; ConfigurationError for one that cannot be read."""
    written = [part.strip() for part in settings.webhook_allow_nets.split(",") if part.strip()]
    try:
        return tuple(ip_network(part) for part in written)
    except ValueError as error:
        raise ConfigurationError(_NETS, code="settings_value", why=error) from error


def read_url(url: str) -> Target:
    """Take a webhook's URL apart; AddressRefusedError with the way to mend it for one that cannot be used.

    Refused: other schemes than http and https, user names, fragments, spaces and control characters, hosts that are
    neither a name nor an IP address in its usual spelling.
    """
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or re.search(r"[\s\\<>\"]", url):
        raise _refused(_UNREADABLE)
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError as error:
        raise _refused(_UNREADABLE) from error
    if parts.scheme not in ("http", "https"):
        raise _refused(_SCHEME)
    if "@" in parts.netloc or "#" in url:
        raise _refused(_USER)
    if not (_is_ip(host) or _NAME.fullmatch(host)):
        raise _refused(_HOST)
    secure = parts.scheme == "https"
    return Target(secure, host, port if port is not None else (443 if secure else 80))


def reachable(
    target: Target, nets: Sequence[Network], *, seconds: float, resolve: Resolver | None = None
) -> tuple[str, ...]:
    """The IP addresses to connect to, looked up once; ``nets``: private networks that are allowed.

    AddressRefusedError where one of them is not public and not allowed, or where http or another port than 443 and
    8443 is asked for outside ``nets``. OSError where the name has no address or the look-up takes too long.
    """
    found = [target.host] if _is_ip(target.host) else (resolve or look_up)(target.host, target.port, seconds)
    if not found:
        raise OSError(f"no address for {target.host}")
    inside = all(_in(address, nets) for address in found)
    if not inside and any(_is_denied(address) and not _in(address, nets) for address in found):
        raise _refused(_PRIVATE)
    if not inside and not target.secure:
        raise _refused(_SCHEME)
    if not inside and target.port not in PORTS:
        raise _refused(_PORT)
    return tuple(found)


def require_reachable(url: str, settings: Settings) -> None:
    """Look now where a URL leads, so that whoever writes it learns at once; it is looked at again at every try.

    AddressRefusedError for what cannot be used or is not found. Not for use inside a transaction: it asks the network.
    """
    target = read_url(url)
    try:
        reachable(target, allowed_nets(settings), seconds=LOOK_UP_SECONDS)
    except OSError as error:
        raise _refused(_NOT_FOUND if target.secure else _SCHEME) from error


def look_up(host: str, port: int, seconds: float) -> list[str]:
    """The addresses of a name by the machine's resolver, which itself knows no deadline: it is left behind."""
    answers: list[list[str] | OSError] = []
    thread = threading.Thread(target=_look_up, args=(host, port, answers), daemon=True)
    thread.start()
    thread.join(seconds)
    if not answers:
        raise TimeoutError(f"looking up {host} took too long")
    if isinstance(answers[0], OSError):
        raise answers[0]
    return answers[0]


def _look_up(host: str, port: int, answers: list[list[str] | OSError]) -> None:
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        answers.append(list(dict.fromkeys(str(row[4][0]) for row in rows)))
    except UnicodeError as error:
        answers.append(OSError(str(error)))
    except OSError as error:
        answers.append(error)


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return "%" not in host


def _in(address: str, nets: Sequence[Network]) -> bool:
    ip = ip_address(address)
    return any(ip.version == net.version and ip in net for net in nets)


def _is_denied(address: str) -> bool:
    """Whether an address is on the list, or not known as public; a scoped one (``fe80::1%eth0``) never is."""
    return "%" in address or _in(address, _DENIED) or not ip_address(address).is_global


def _refused(text: Text) -> AddressRefusedError:
    return AddressRefusedError(text, code="webhook_url")


_NETS = Text(
    "设置 webhook_allow_nets 读不懂（{why}）。写成网段，逗号分隔，如 10.1.0.0/16。",
    "The setting webhook_allow_nets cannot be read ({why}). Write networks, comma separated, such as 10.1.0.0/16.",
)
_UNREADABLE = Text(
    "推送地址读不懂。写成 https://主机/路径，不超过 2000 个字符，不含空格与中文。",
    "The address cannot be read. Write https://HOST/PATH, at most 2,000 ASCII characters without spaces.",
)
_SCHEME = Text("推送地址须以 https:// 开头。", "The address must begin with https://.")
_USER = Text(
    "推送地址不能带用户名、密码或 #。对方用签名核验来源。",
    "The address may carry no user name, password or #. The receiver checks the signature instead.",
)
_HOST = Text(
    "推送地址的主机名不对。写域名或通常写法的 IP 地址。",
    "The address's host is wrong. Write a domain name, or an IP address in its usual form.",
)
_PRIVATE = Text(
    "推送地址指向内网或保留地址，不能使用。换成公网地址；确需推送到内网时，由管理员设置 webhook_allow_nets。",
    "The address leads to a private or reserved network. Use a public one, or ask the administrator to allow the "
    "network with webhook_allow_nets.",
)
_NOT_FOUND = Text(
    "推送地址的主机名查不到。核对拼写；新域名生效后再试。",
    "The address's host is not found. Check its spelling; a new name takes a while to be known.",
)
_PORT = Text("推送地址的端口只能是 443 或 8443。", "The address's port must be 443 or 8443.")
