"""No public name is without a docstring."""

import ast
import inspect
from itertools import pairwise
from pathlib import Path

import aiogandi
from aiogandi import instrumentation, sandbox

PUBLIC = {
    name: getattr(module, name)
    for module in (aiogandi, instrumentation, sandbox)
    for name in module.__all__
    if not name.startswith("__")
}


def is_member(value):
    return inspect.isfunction(value) or isinstance(value, property | classmethod | staticmethod)


MEMBERS = {
    f"{kind.__name__}.{name}": inspect.getattr_static(kind, name)
    for kind in PUBLIC.values()
    if inspect.isclass(kind)
    for name in dir(kind)
    if not name.startswith("_") and is_member(inspect.getattr_static(kind, name))
}


def own_docstring(kind):
    """A class's docstring, unless it is its base's or the signature that a dataclass gets."""
    text = vars(kind).get("__doc__") or ""
    return "" if text.startswith(f"{kind.__name__}(") else text


def text_below(variable):
    """The text that stands under the assignment to a variable, in the file that assigns it."""
    for path in Path(aiogandi.__file__).parent.rglob("*.py"):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        for statement, below in pairwise(body):
            match statement, below:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str(text))),
                ) if name == variable:
                    return text
    return ""


def docstring_of(name):
    """What is written about a public name, where it is defined."""
    thing = PUBLIC[name]
    if inspect.isclass(thing):
        return own_docstring(thing)
    return thing.__doc__ if inspect.isfunction(thing) else text_below(name)


def test_every_public_name_has_a_docstring():
    assert len(PUBLIC) > 40
    assert [name for name in PUBLIC if not docstring_of(name)] == []


def test_every_public_method_and_property_has_a_docstring():
    assert len(MEMBERS) > 80
    assert [name for name, member in MEMBERS.items() if not member.__doc__] == []


def test_an_inherited_docstring_does_not_count():
    class Base:
        """Documented."""

    class Bare(Base):
        pass

    assert own_docstring(Base)
    assert not own_docstring(Bare)
    assert not text_below("PUBLIC")
