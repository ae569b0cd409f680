"""A service that answers from a table of operations."""

from aiogandi import NotFound
from aiogandi.errors import DataFault

REFUSED = DataFault(510050, "no such filter", "operation_list")


class Service:
    """Answers from a table of operations; *refuses* are parameters that it does not filter by."""

    def __init__(self):
        self.asked = []
        self.operations = {}
        self.refuses = set()
        self.ignores = set()
        self.answers = {}

    async def __call__(self, method, arguments):
        self.asked.append((method, arguments))
        if method in self.answers:
            answer = self.answers[method]
            if isinstance(answer, Exception):
                raise answer
            return answer
        if method == "operation_details":
            if arguments["operation_id"] not in self.operations:
                raise NotFound(510042, "no such operation", method)
            told = self.operations[arguments["operation_id"]]
            if isinstance(told, Exception):
                raise told
            return told
        filters = arguments.get("filter", {})
        wanted = dict(filters.get("param", {}))
        if self.refuses & wanted.keys():
            raise REFUSED
        wanted = {name: value for name, value in wanted.items() if name not in self.ignores}
        wanted |= {name: filters[name] for name in ("type",) if name in filters}
        return [
            number
            for number, told in sorted(self.operations.items(), reverse=True)
            if wanted.items() <= told.items()
        ]

    def lists(self):
        return [arguments.get("filter") for method, arguments in self.asked if "list" in method]


def creation(vm_id):
    """The operation that creates this server."""
    return {"type": "vm_create", "vm_id": vm_id}


FIND = {"type": "vm_create", "param": {"vm_id": 5}}
