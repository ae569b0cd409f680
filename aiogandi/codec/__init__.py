"""Python values <-> XML-RPC, without loss.

=====================  =========================  ==========================================
Python                 on the wire                read back from
=====================  =========================  ==========================================
``bool``               ``<boolean>``              ``<boolean>``
``int``, 32 bits       ``<int>``                  ``<int> <i4> <i8> <i2> <i1>``
``int``, 64 bits       ``<i8>``, an extension     the same, and larger ones
``float``, finite      ``<double>``               ``<double> <float>``
``str``                ``<string>``               ``<string>``, a value without a type
``bytes, bytearray``   ``<base64>``               ``<base64>``, as ``bytes``
``datetime``           ``<dateTime.iso8601>``     the same, also with ``-`` or a zone (aware)
``list, tuple``        ``<array>``                ``<array>``, as ``list``
``Mapping`` of str     ``<struct>``               ``<struct>``, as ``dict``
not accepted           none                       ``<nil/>``, ``<ex:nil/>``, as None
=====================  =========================  ==========================================

The wire's dates have whole seconds and no zone: a datetime is cut to the second, and an aware one
goes out as its UTC time. The service's own ints have 32 bits (assumed), and only a larger one, an id
say, goes out as ``<i8>``. What the wire cannot carry is `InvalidArgument`, which names the place.

Replies are read more widely than calls: within a struct or an array of a reply, a scalar that cannot be
read, an empty ``<int>`` say, or one of an unknown type, is its text, or None where it is empty. A date
alone is its midnight, and a boolean may be spelt out (``True``). A reply that is one scalar is taken by the
letter.

Of a call nothing is lost: a scalar that cannot be read is `IllTyped`, and `str` of a number or
a date gives the text that was sent (``0123``), because many senders type a text by its look.

A double goes out without an exponent, as XML-RPC demands: ``1e-07`` as ``0.0000001``.
"""

from aiogandi.codec.arguments import DateAsSent, IllTyped
from aiogandi.codec.decoding import (
    FaultReply,
    declare_extensions,
    decode_call,
    decode_in_slices,
    decode_response,
    not_xml,
    parser,
)
from aiogandi.codec.encoding import (
    Params,
    encode_call,
    encode_fault,
    encode_params,
    encode_response,
    is_carriable_text,
)
from aiogandi.codec.scalars import MalformedMessage
from aiogandi.codec.tags import LONGEST_TAG, TagLimit

__all__ = [
    "LONGEST_TAG",
    "DateAsSent",
    "FaultReply",
    "IllTyped",
    "MalformedMessage",
    "Params",
    "TagLimit",
    "declare_extensions",
    "decode_call",
    "decode_in_slices",
    "decode_response",
    "encode_call",
    "encode_fault",
    "encode_params",
    "encode_response",
    "is_carriable_text",
    "not_xml",
    "parser",
]
