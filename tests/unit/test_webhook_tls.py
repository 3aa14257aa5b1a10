"""Over TLS the connection goes to the checked address, while name, certificate and Host are those of the URL."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from matchmaker.outbox.webhooks.addresses import allowed_nets
from matchmaker.outbox.webhooks.wire import Answer, post
from tests.support.http_sink import HttpSink, http_sink
from tests.support.webhooks import LOOPBACK

NOW = datetime.now(UTC)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of its own making for hooks.example, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.example")])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    kept = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, *kept) + built.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def sink(certificate: Path) -> Iterator[HttpSink]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with http_sink(tls=context) as running:
        yield running


def send(sink: HttpSink, host: str, tls: ssl.SSLContext) -> Answer:
    return post(
        f"https://{host}:{sink.port}/in", {}, b"{}", nets=allowed_nets(LOOPBACK), tls=tls, seconds=2, now=NOW,
        resolve=lambda _host, _port, _seconds: ["127.0.0.1"],
    )  # fmt: skip


def test_name_and_certificate_are_those_of_the_url(sink: HttpSink, certificate: Path) -> None:
    answer = send(sink, "hooks.example", ssl.create_default_context(cafile=str(certificate)))
    assert (answer.status, sink.server_names) == (200, ["hooks.example"])
    assert sink.requests[0].headers["host"] == f"hooks.example:{sink.port}"


def test_a_certificate_of_another_name_or_of_nobody_is_not_accepted(sink: HttpSink, certificate: Path) -> None:
    for host, tls in (
        ("other.example", ssl.create_default_context(cafile=str(certificate))),
        ("hooks.example", ssl.create_default_context()),
    ):
        answer = send(sink, host, tls)
        assert answer.status is None and "certificate" in (answer.fault or "").lower()
    assert not sink.requests
