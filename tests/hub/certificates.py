"""Certificates that sign themselves, for names on this machine and for a while that a test chooses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def make_certificate(folder: Path, *names: str, begin: float = -1, end: float = 1) -> tuple[Path, Path]:
    """Paths of a certificate for 127.0.0.1 and `names`, valid from and to so many days from now, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    also = [x509.IPAddress(IPv4Address("127.0.0.1")), *map(x509.DNSName, names)]
    made = (
        x509.CertificateBuilder(
            subject, subject, key.public_key(), 1, now + timedelta(days=begin), now + timedelta(days=end)
        )
        .add_extension(x509.SubjectAlternativeName(also), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "chain.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths
