"""What stands below a command's help."""


def examples(*commands: str) -> str:
    """Return the epilog that shows these commands, one a line."""
    # An opening bracket would begin a style in the help's markup.
    shown = [command.replace("[", "\\[") for command in commands]
    return lines("Example:" if len(commands) == 1 else "Examples:", *shown)


def lines(*texts: str) -> str:
    """Return an epilog of these lines."""
    # Without blank lines in between, typer would join them to one paragraph.
    return "\n\n".join(texts)
