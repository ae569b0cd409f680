"""A desk whose journals are in a store."""

from tests.journals.desk import Desk


class HubDesk(Desk):
    """Opens clients of *sandbox*, each with a hub of its own, as processes have."""

    def __init__(self, sandbox, make_hub):
        super().__init__(sandbox, None)
        self._make_hub = make_hub

    def journal(self):
        return self._make_hub().journal()

    def at(self, sandbox):
        return HubDesk(sandbox, self._make_hub)
