"""What goes over the wire, spelt out for tests."""

from aiogandi import codec


def http(body=b"", status="200 OK", *headers):
    """An HTTP answer."""
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(head).encode() + body


def http_reply(value):
    """An HTTP answer that carries this XML-RPC value, and closes the connection behind it."""
    return http(codec.encode_response(value), "200 OK", "Connection: close")


def http_fault(code, message):
    """An HTTP answer that carries this fault, and closes the connection behind it."""
    return http(codec.encode_fault(code, message), "200 OK", "Connection: close")
