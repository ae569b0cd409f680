"""Secrets, and how they are kept out of everything that people read: reprs, logs, exception texts and
traceback locals. This room uses no other.
"""

from aiogandi.redaction.blanking import LONGEST, Redactor, outline, redact, stand_in
from aiogandi.redaction.keys import Coder, key_from, octets
from aiogandi.redaction.secrets import BLANK, Sealed, Secret, conceal, secrets_in

__all__ = [
    "BLANK",
    "LONGEST",
    "Coder",
    "Redactor",
    "Sealed",
    "Secret",
    "conceal",
    "key_from",
    "octets",
    "outline",
    "redact",
    "secrets_in",
    "stand_in",
]
