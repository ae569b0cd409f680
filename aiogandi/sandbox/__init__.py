"""The other side: a server that behaves as the service did, for tests and for trying things out."""

from aiogandi.sandbox.server import Sandbox

__all__ = ["Sandbox"]
