"""`import aiogandi` is quick, and everything public is there all the same."""

import subprocess
import sys

import pytest

import aiogandi


def python(code):
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == ""
    return done.stdout.strip()


@pytest.mark.parametrize("package", ["aiohttp", "lxml", "tenacity", "aiolimiter"])
def test_importing_the_package_imports_no_other_before_the_client_is_asked_for(package):
    code = f"import sys, aiogandi; print({package!r} in sys.modules); "
    assert python(code + f"aiogandi.Gandi; print({package!r} in sys.modules)") == "False\nTrue"


def test_every_public_name_is_there():
    assert [name for name in aiogandi.__all__ if getattr(aiogandi, name, None) is None] == []
    assert set(aiogandi.__all__) <= set(dir(aiogandi))


def test_public_names_can_be_imported_one_by_one_and_all_together():
    assert python(
        "from aiogandi import Gandi, Retry; print(Gandi.__name__, Retry(3).attempts)"
    ) == ("Gandi 3")
    assert python("from aiogandi import *; print(Gandi.__name__, NotFound.__name__)") == (
        "Gandi NotFound"
    )


def test_bulk_is_the_function_whatever_was_imported_before():
    code = "import aiogandi.bulk; from aiogandi import bulk; print(callable(bulk))"
    assert python(code) == "True"


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'aiogandi' has no attribute 'nonsense'"):
        aiogandi.nonsense  # noqa: B018 - asking is the test
    with pytest.raises(ImportError, match="nonsense"):
        from aiogandi import nonsense  # noqa: F401, PLC0415
