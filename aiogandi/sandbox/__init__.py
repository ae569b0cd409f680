"""A server that behaves as the service did, for tests and for trying things out.

`Sandbox` is the server; `ServiceFault` is a refusal by the service, which `Sandbox.execute` raises;
`QUICK` are the settings of a client that wastes no seconds in tests; the module `aiogandi.sandbox.trouble` has the kinds of trouble that a test can order.

The rooms, each of which may use those before it: ``books`` (what there is), ``script`` (trouble) and
``api`` (calls), which do not know each other, ``http`` (the exchange), ``open_books`` (what a test
reads and moves), ``thread`` (for tests without a loop), ``server``, and ``quick``.
"""

from aiogandi.sandbox.books.faults import ServiceFault
from aiogandi.sandbox.quick import QUICK
from aiogandi.sandbox.server import Sandbox

__all__ = ["QUICK", "Sandbox", "ServiceFault"]
