"""A way to a store that speaks TLS, by a certificate of the test's own."""

import asyncio
import datetime as dt
import ipaddress
import ssl
from contextlib import asynccontextmanager, closing, suppress
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from aiogandi.cancellation import cancel


def certificate(folder):
    """Write a certificate of 127.0.0.1, which is its own authority, and its key; return where they are."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "store")])
    now = dt.datetime.now(dt.UTC)
    names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    written = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "store.pem", folder / "store.key"
    paths[0].write_bytes(written.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


@asynccontextmanager
async def encrypted(url, paths):
    """Open a way to the store at *url*; yield its host and port."""
    there = urlsplit(url)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*paths)
    passing = set()

    async def take(reader, writer):
        passing.add(asyncio.current_task())
        to_reader, to_writer = await asyncio.open_connection(there.hostname, there.port)
        with closing(writer), closing(to_writer), suppress(OSError, asyncio.CancelledError):
            await asyncio.gather(copy(reader, to_writer), copy(to_reader, writer))

    server = await asyncio.start_server(take, "127.0.0.1", 0, ssl=context)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await cancel(passing)


async def copy(reader, writer):
    """Pass on what comes."""
    while some := await reader.read(65536):
        writer.write(some)
        await writer.drain()
    writer.close()
