"""What another process is asked to do: its functions must be importable there."""


def give_back(value):
    return value


def fail(error):
    raise error


def fail_with_history(error):
    """Raise *error* after two others."""
    try:
        try:
            raise KeyError("first")
        except KeyError:
            raise ValueError("second")  # noqa: B904 - the context is meant
    except ValueError as second:
        error.add_note("seen in the worker")
        raise error from second
