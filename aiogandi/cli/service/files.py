"""Text files as people have them, from whichever editor and system."""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE


def text_of(octets: bytes) -> str:
    """Return the text of a file in UTF-8, with or without a byte-order mark, or in UTF-16 with one, as
    Windows writes. The mark is no part of it. Raises `UnicodeDecodeError` for anything else.
    """
    if octets.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return octets.decode("utf-16")
    return octets.decode("utf-8-sig")
