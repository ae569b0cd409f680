"""The kinds of trouble that `Sandbox.interfere` may return for a request."""

from aiogandi.sandbox.script.trouble import (
    Alter,
    Answer,
    AnswerFault,
    Delay,
    DropReply,
    DropRequest,
    Garble,
    Refuse,
    Trouble,
)

__all__ = [
    "Alter",
    "Answer",
    "AnswerFault",
    "Delay",
    "DropReply",
    "DropRequest",
    "Garble",
    "Refuse",
    "Trouble",
]
