"""The examples below a command's help."""


def examples(*commands: str) -> str:
    """One line each; typer joins lines that no blank one parts."""
    # An opening bracket begins a style in the help's markup.
    lines = [command.replace("[", "\\[") for command in commands]
    return "\n\n".join(["Example:" if len(lines) == 1 else "Examples:", *lines])
