"""The examples below a command's help."""


def examples(*commands: str) -> str:
    """Return the epilog that shows these commands, one a line."""
    # An opening bracket would begin a style in the help's markup.
    lines = [command.replace("[", "\\[") for command in commands]
    # Without blank lines in between, typer would join them to one paragraph.
    return "\n\n".join(["Example:" if len(lines) == 1 else "Examples:", *lines])
