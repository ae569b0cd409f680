"""Settings of clients for which nobody has to wait."""

from aiogandi import Polling, Retry

QUICK = {
    "retry": Retry(settle=0.05, backoff=0),
    "polling": Polling(interval=0.02, max_interval=0.1),
}
