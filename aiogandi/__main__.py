"""``python -m aiogandi`` is the `aiogandi` command."""

import sys

from aiogandi.cli import main

sys.exit(main())
