# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys and certificates to be wrong with, made anew for each run."""

from __future__ import annotations

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

PEM = serialization.Encoding.PEM
CLASSIC = serialization.PrivateFormat.TraditionalOpenSSL


def make() -> dict[str, str]:
    """Texts by the names under which the cases know them."""
    app, other, server = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _unused in range(3))
    plain = serialization.NoEncryption()
    return {
        "app_key": app.private_bytes(PEM, CLASSIC, plain).decode(),
        "app_public_key": app.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode(),
        "other_key": other.private_bytes(PEM, CLASSIC, plain).decode(),
        "encrypted_key": app.private_bytes(PEM, CLASSIC, serialization.BestAvailableEncryption(b"secret")).decode(),
        "ec_key": ec.generate_private_key(ec.SECP256R1()).private_bytes(PEM, CLASSIC, plain).decode(),
        "server_key": server.private_bytes(PEM, CLASSIC, plain).decode(),
        "expired_certificate": _expired(server),
    }


def _expired(key: rsa.RSAPrivateKey) -> str:
    """A certificate of a server whose time is over."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "expired.testbed")])
    began = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(1).not_valid_before(began).not_valid_after(began + datetime.timedelta(days=30))
    built = built.add_extension(x509.SubjectAlternativeName([x509.DNSName("expired.testbed")]), critical=False)
    built = built.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return built.sign(key, hashes.SHA256()).public_bytes(PEM).decode()
