"""What holds of a journal in a file holds of one in the store, but for the tests that ask for the file's path."""

# ruff: noqa: F403
from tests.journals.test_at_its_turn import *
from tests.journals.test_blocks import *
from tests.journals.test_ends import *
from tests.journals.test_failed_steps import *
from tests.journals.test_left import *
from tests.journals.test_once import *
from tests.journals.test_run import *
from tests.journals.test_run_names import *
from tests.journals.test_steps import *
from tests.journals.test_unknown import *
from tests.journals.test_waiting import *
