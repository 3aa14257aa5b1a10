"""ASVS 1.3.6, 15.3.2: no spelling, mapping or name leads a webhook to an inner address; a listener sees nothing."""

import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_network

import pytest

from matchmaker.domain.errors import ConfigurationError
from matchmaker.outbox.webhooks.addresses import (
    DENIED,
    AddressRefusedError,
    allowed_nets,
    look_up,
    reachable,
    read_url,
)
from matchmaker.outbox.webhooks.wire import Answer, post
from matchmaker.settings import Settings
from tests.support.http_sink import HttpSink, http_sink
from tests.support.webhooks import LOOPBACK

NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
SPELLINGS = [
    "127.0.0.1", "2130706433", "017700000001", "0177.0.0.1", "0x7f000001", "0x7f.0.0.1", "127.1", "127.0.1",
    "0.0.0.0", "0", "localhost", "LOCALHOST", "localhost.", "127.0.0.1.", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::127.0.0.1]",
    "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[::ffff:0:127.0.0.1]", "[fe80::1%25lo]", "①②⑦.⓪.⓪.①", "127。0。0。1",
    "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.100.100.200", "198.18.0.1", "224.0.0.1",
    "255.255.255.255", "[fec0::1]", "[fd00::1]", "[ff02::1]",
]  # fmt: skip


@pytest.fixture
def sink() -> Iterator[HttpSink]:
    with http_sink() as running:
        yield running


def send(url: str, *, allow: str = "", answers: list[str] | None = None) -> Answer:
    """One POST; ``answers``: what the resolver says of every name, in place of the machine's."""
    settings = replace(LOOPBACK, webhook_allow_nets=allow)
    resolve = None if answers is None else lambda _host, _port, _seconds: answers
    return post(
        url, {}, b"{}", nets=allowed_nets(settings), tls=ssl.create_default_context(), seconds=1, now=NOW,
        resolve=resolve,
    )  # fmt: skip


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_of_an_inner_address_is_connected_to(sink: HttpSink, scheme: str, host: str) -> None:
    assert send(f"{scheme}://{host}:{sink.port}/").fault == "address_refused"
    assert sink.connections == 0


@pytest.mark.parametrize(
    "answer",
    ["127.0.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::", "10.0.0.1",
     "169.254.169.254", "fe80::1%lo", "fec0::1", "fd00::1", "100.64.0.1", "0.0.0.0", "224.0.0.1"],
)  # fmt: skip
def test_no_name_that_leads_inside_is_connected_to(sink: HttpSink, answer: str) -> None:
    """A name such as 127.0.0.1.nip.io; one inner address among public ones is enough."""
    for answers in ([answer], ["93.184.215.14", answer], [answer, "93.184.215.14"]):
        assert send("https://127.0.0.1.nip.example/", answers=answers).fault == "address_refused"
    assert sink.connections == 0


def test_every_network_on_the_list_is_refused_at_both_ends() -> None:
    for written in DENIED:
        net = ip_network(written)
        for address in (net[0], net[-1]):
            host = f"[{address}]" if net.version == 6 else str(address)
            with pytest.raises(AddressRefusedError):
                reachable(read_url(f"https://{host}/"), (), seconds=1)


@pytest.mark.parametrize("host", ["93.184.215.14", "[2606:2800:21f:cb07:6820:80da:af6b:8b2c]"])
def test_a_public_address_is_reachable(host: str) -> None:
    assert reachable(read_url(f"https://{host}/"), (), seconds=1) == (host.strip("[]"),)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://93.184.215.14/", "https://"),
        ("ftp://example.com/", "https://"),
        ("file:///etc/passwd", "https://"),
        ("https://user:pw@example.com/", "user name"),
        ("https://example.com@93.184.215.14/", "user name"),
        ("https://93.184.215.14/#x", "#"),
        ("https://93.184.215.14:22/", "443"),
        ("https://93.184.215.14:65536/", "cannot be read"),
        ("https://例子.中国/", "ASCII"),
        ("https://exa mple.com/", "cannot be read"),
        ("https://example.com/\r\nX-Injected: 1", "cannot be read"),
        ("https://example.com\\@127.0.0.1/", "cannot be read"),
        ("https:///path", "host"),
        ("https://" + "a" * 2000 + ".com/", "2,000"),
        ("", "https://"),
    ],
)
def test_other_urls_are_refused_in_words(url: str, sentence: str) -> None:
    with pytest.raises(AddressRefusedError) as refused:
        reachable(read_url(url), (), seconds=1)
    assert sentence in refused.value.say("en")


def test_allowed_networks_are_the_only_way_to_loopback(sink: HttpSink) -> None:
    assert send(sink.url(), allow="127.0.0.0/8").status == 200
    assert send(sink.url(), allow="10.0.0.0/8").fault == "address_refused"
    assert send(f"http://[::ffff:127.0.0.1]:{sink.port}/", allow="127.0.0.0/8").fault == "address_refused"
    assert sink.connections == 1


def test_the_name_is_looked_up_once_and_the_checked_address_is_connected_to(sink: HttpSink) -> None:
    """A name that changes its mind between check and connect (DNS rebinding) is not asked again."""
    asked: list[str] = []

    def resolve(host: str, _port: int, _seconds: float) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["93.184.215.14"]

    nets = allowed_nets(replace(LOOPBACK, webhook_allow_nets="127.0.0.0/8"))
    answer = post(
        f"http://hooks.example:{sink.port}/in", {}, b"{}", nets=nets, tls=ssl.create_default_context(), seconds=1,
        now=NOW, resolve=resolve,
    )  # fmt: skip
    assert (answer.status, asked) == (200, ["hooks.example"])
    assert sink.requests[0].headers["host"] == f"hooks.example:{sink.port}"


def test_no_proxy_of_the_environment_is_asked(sink: HttpSink, monkeypatch: pytest.MonkeyPatch) -> None:
    with http_sink() as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert send(sink.url(), allow="127.0.0.0/8").status == 200
    assert (sink.connections, proxy.connections) == (1, 0)


def test_networks_that_cannot_be_read_are_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError):
        allowed_nets(Settings(webhook_allow_nets="10.0.0.0/33"))


def test_looking_up_keeps_to_its_deadline() -> None:
    assert "127.0.0.1" in look_up("localhost", 443, 5)
    with pytest.raises(OSError, match=r"."):
        look_up("no-such-name.invalid", 443, 5)


def test_unreachable_is_a_fault_not_an_exception() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    answer = send(f"http://127.0.0.1:{port}/", allow="127.0.0.0/8")
    assert answer.status is None and answer.fault is not None and answer.fault.startswith("http_connect")
