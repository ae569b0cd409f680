"""What a service may answer that repeats the whole request, which holds the session and a password."""

import html
from urllib.parse import quote

from aiogandi import codec
from tests import wire
from tests.integration.secrets.leaks import LOGIN_PASSWORD, SESSION, VM_PASSWORD


def http(body, status="200 OK", *headers):
    """An HTTP answer, and the connection is closed behind it."""
    return wire.http(body, status, "Connection: close", *headers)


ECHOES = {
    "a fault with the values": lambda body: wire.http_fault(
        500130, f"DataError: invalid value [password: {VM_PASSWORD}] [session: {SESSION}]"
    ),
    "a fault with the request": lambda body: wire.http_fault(
        500130, f"DataError: bad request {body.decode()}"
    ),
    "a server's fault": lambda body: wire.http_fault(
        110020, f"ServerError: query failed: {quote(body)}"
    ),
    "an unknown fault": lambda body: wire.http_fault(7, f"{body!r} {LOGIN_PASSWORD!r}"),
    "a cut fault": lambda body: wire.http_fault(500130, f"DataError: [session: {SESSION[:9]}"),
    "a session's fault": lambda body: wire.http_fault(
        510150, f"no such session [session: {SESSION}]"
    ),
    "an error page": lambda body: http(body, "500 Internal Server Error"),
    "an escaped page": lambda body: http(html.escape(body.decode()).encode(), "503 Unavailable"),
    "a quoted page": lambda body: http(quote(body).encode(), "404 Not Found"),
    "a repr": lambda body: http(repr(body.decode()).encode(), "400 Bad Request"),
    "a cut page": lambda body: http(b"<session>" + body[body.index(b"e9Uf3") :][:9], "502 Bad"),
    "a reason": lambda body: http(b"", f"500 {SESSION}"),
    "too many": lambda body: http(body, "429 Too Many Requests", "Retry-After: 0"),
    "a redirect": lambda body: http(body, "302 Found", f"Location: http://x/?{SESSION}"),
    "no XML": lambda body: http(b"no XML " + body),
    "another document": http,
    "another type": lambda body: http(codec.encode_response(SESSION).replace(b"string", b"int")),
    "another tag": lambda body: http(f"<{SESSION}/>".encode()),
    "a mismatch": lambda body: http(f"<methodResponse></{SESSION}>".encode()),
    "a cut reply": lambda body: http(body)[:-200],
    "a reply cut in the session": lambda body: http(codec.encode_response(SESSION) + b" " * 99)[
        :-160
    ],
    "a large one": lambda body: http(body * 2000),
    "a value of another kind": lambda body: http(codec.encode_response({"x": body.decode()})),
    "no HTTP": lambda body: body[-100:] + SESSION.encode() + b"\r\n\r\n",
    "no status": lambda body: f"HTTP/1.1 {SESSION}\r\n\r\n".encode(),
    "a bad header": lambda body: f"HTTP/1.1 200 OK\r\nX {SESSION}\r\n\r\n".encode(),
    "a bad length": lambda body: f"HTTP/1.1 200 OK\r\nContent-Length: {SESSION}\r\n\r\n".encode(),
    "a bad chunk": lambda body: (
        f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{SESSION}\r\n".encode()
    ),
    "a bad encoding": lambda body: http(body, "200 OK", "Content-Encoding: gzip"),
    "nothing": lambda body: b"",
    "silence": lambda body: None,
}
