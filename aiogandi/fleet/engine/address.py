"""Where the store is, as the hub's URL says it, for a client of the store that reads such URLs in another way."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from aiogandi.redaction import Secret


@dataclass(frozen=True, slots=True)
class Address:
    """What a connection with the store needs to know. Either *path* or *host* and *port* say where it is. *tls* are
    the options behind the ``?`` of a ``rediss://…``, None where nothing is encrypted.
    """

    path: str | None
    host: str
    port: int
    db: int
    username: str | None
    password: Secret | None
    tls: dict[str, str] | None

    @classmethod
    def of(cls, url: Secret) -> Address:
        """The address in a URL that `RedisHub` has taken."""
        parts = urlsplit(url.reveal())
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        is_socket = parts.scheme == "unix"
        number = "" if is_socket else parts.path.removeprefix("/")
        return cls(
            path=unquote(parts.path) if is_socket else None,
            host=parts.hostname or "",
            port=parts.port or 6379,
            db=int(options.pop("db", number) or 0),
            username=unquote(parts.username) if parts.username else None,
            password=Secret(unquote(parts.password)) if parts.password else None,
            tls=options if parts.scheme == "rediss" else None,
        )

    def ssl_context(self) -> ssl.SSLContext | None:
        """How TLS is spoken there, as redis-py does with the same options: without any of them the store's
        certificate must be good, and of its host.
        """
        if self.tls is None:
            return None
        context = ssl.create_default_context()
        needs = ssl.VerifyMode[f"CERT_{self.tls.get('ssl_cert_reqs', 'required').upper()}"]
        wants_host = self.tls.get("ssl_check_hostname", "true").upper()
        is_off = needs is ssl.CERT_NONE or wants_host in {"0", "F", "FALSE", "N", "NO"}
        context.check_hostname = not is_off
        context.verify_mode = needs
        if certificate := self.tls.get("ssl_certfile"):
            context.load_cert_chain(certificate, self.tls.get("ssl_keyfile"))
        if authorities := self.tls.get("ssl_ca_certs"):
            context.load_verify_locations(authorities)
        return context
