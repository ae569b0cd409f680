"""What a service may answer that repeats the whole request, which holds the session and a password."""

import html
import json
from base64 import b64encode, encodebytes, urlsafe_b64encode
from urllib.parse import quote

from aiogandi import codec
from tests import wire
from tests.integration.secrets.leaks import LOGIN_PASSWORD, SESSION, VM_PASSWORD


def http(body, status="200 OK", *headers):
    """An HTTP answer, and the connection is closed behind it."""
    return wire.http(body, status, "Connection: close", *headers)


# Ways in which a service may repeat a request, or write it into its log and show that.
SPELLINGS = {
    "capitals": str.upper,
    "small letters": str.lower,
    "hexadecimal": lambda text: text.encode().hex(),
    "hexadecimal pairs": lambda text: text.encode().hex(" ").upper(),
    "percent": lambda text: "".join(f"%{octet:02X}" for octet in text.encode()),
    "percent twice": lambda text: quote("".join(f"%{octet:02X}" for octet in text.encode())),
    "entities": lambda text: "".join(f"&#{ord(character)};" for character in text),
    "hexadecimal entities": lambda text: "".join(f"&#x{ord(character):X};" for character in text),
    "code points": lambda text: "".join(f"\\u{ord(character):04x}" for character in text),
    "octets": lambda text: "".join(f"\\x{octet:02x}" for octet in text.encode()),
    "base64": lambda text: b64encode(text.encode()).decode(),
    "base64, one further": lambda text: b64encode(f" {text}".encode()).decode(),
    "base64, two further": lambda text: b64encode(f"  {text}".encode()).decode(),
    "base64 of a URL": lambda text: urlsafe_b64encode(text.encode()).decode(),
    "base64 in lines": lambda text: encodebytes(text.encode()).decode(),
    "base64 of UTF-16": lambda text: b64encode(text.encode("utf-16")).decode(),
    "UTF-16, shown": lambda text: repr(text.encode("utf-16"))[2:-1],
    "UTF-16 in JSON": lambda text: json.dumps("\0".join(text))[1:-1],
}


def told(spell):
    """A fault that repeats each secret of the request, and all of it, in this spelling."""

    def answer(body):
        _, arguments = codec.decode_call(body)
        words = [
            f"[value: {spell(word)}]"
            for word in (*arguments, LOGIN_PASSWORD)
            if word in (LOGIN_PASSWORD, VM_PASSWORD, SESSION)
        ]
        return wire.http_fault(500130, f"DataError: {' '.join(words)} {spell(body.decode())}")

    return answer


def in_every_spelling(body):
    return "\n".join(spell(body.decode()) for spell in SPELLINGS.values()).encode()


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
    "a page in UTF-16": lambda body: http(body.decode().encode("utf-16"), "500 Oh"),
    "no XML in UTF-16": lambda body: http(body.decode().encode("utf-16")),
    "a reason in base64": lambda body: http(b"", f"500 {b64encode(SESSION.encode()).decode()}"),
    "a type": lambda body: http(b"busy", "500 Oh", f"Content-Type: text/{SESSION}"),
    "a page in every spelling": lambda body: http(in_every_spelling(body), "500 Oh"),
    "no XML in every spelling": lambda body: http(in_every_spelling(body)),
    **{f"a fault, {name}": told(spell) for name, spell in SPELLINGS.items()},
}
