"""The package itself: its public names are imported at their first use."""

import subprocess
import sys

import pytest

import aiogandi


def python(script):
    """Run *script* in a fresh interpreter; returns what it prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def test_every_public_name_is_there_and_listed():
    assert [name for name in aiogandi.__all__ if not hasattr(aiogandi, name)] == []
    assert set(aiogandi.__all__) <= set(dir(aiogandi))


def test_a_star_import_gives_the_public_names():
    script = "import aiogandi; from aiogandi import *; print({*aiogandi.__all__} <= {*dir()})"
    assert python(script) == "True"


def test_the_client_is_imported_at_the_first_use_of_a_name():
    script = """
import sys, aiogandi
before = "aiohttp" in sys.modules
aiogandi.Gandi
print(before, "aiohttp" in sys.modules)
"""
    assert python(script) == "False True"


@pytest.mark.parametrize(
    "first", ["import aiogandi.bulk", "from aiogandi.bulk import Outcome", "import aiogandi.client"]
)
def test_bulk_is_the_function_whatever_was_imported_first(first):
    script = f"{first}\nfrom aiogandi import bulk, Outcome\nimport aiogandi\n"
    check = "print(bulk.__module__, aiogandi.bulk is bulk, callable(bulk), Outcome.__module__)"
    assert python(script + check) == "aiogandi.bulk True True aiogandi.bulk"


def test_a_module_is_there_without_its_own_import():
    assert python("import aiogandi; print(aiogandi.errors.Fault.__name__)") == "Fault"


def test_a_name_that_is_none_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'aiogandi' has no attribute 'Gandy'"):
        _ = aiogandi.Gandy
    with pytest.raises(ImportError, match="cannot import name 'Gandy'"):
        from aiogandi import Gandy  # noqa: F401
