"""The calls as the documentation has them: the one table that client and sandbox are held against."""

import re
from dataclasses import dataclass

SEED = """\
string login(string login, string password [, boolean safe])
string account_currency(string session)
double account_balance(string session)
struct hosting_account_info(string session)
int hosting_account_product_add(string session, string product_name, int quantity, string duration)
int hosting_account_product_renew(string session, int product_id, string duration)
int hosting_account_product_remove(string session, int product_id)
int hosting_account_product_update(string session, int product_id, int quantity)
int vm_create(string session, string hostname, string password, int os_id, int shares, int cpu, struct specs)
struct vm_info(string session, int vm_id)
array vm_list(string session)
int vm_update(string session, int vm_id, struct specs)
int vm_delete(string session, int vm_id)
int vm_start(string session, int vm_id)
int vm_stop(string session, int vm_id)
int vm_reboot(string session, int vm_id)
int disk_create(string session, struct specs)
struct disk_info(string session, int disk_id)
int disk_delete(string session, int disk_id)
"""
"""The lines of the provider's document, letter by letter."""

ELSEWHERE = """\
string su(string session, string handle)
array operation_list(string session [, struct filter])
"""
"""Documented on other pages of the provider's."""

NAMES = """\
array vm_disk_list(string session, int vm_id)
array disk_list(string session)
int disk_attach(string session, int vm_id, int disk_id)
int disk_detach(string session, int vm_id, int disk_id)
struct operation_details(string session, int operation_id)
boolean operation_cancel(string session, int operation_id)
array os_list(string session)
"""
"""Calls of which the name is documented, and all else assumed."""

_LINE = re.compile(r"(\w+) (\w+)\(([^\[\]]*?)(?: \[, (\w+ \w+)\])?\)")


@dataclass(frozen=True)
class Call:
    """One line: *required* and *optional* are pairs of a type and a name."""

    answer: str
    name: str
    required: tuple[tuple[str, str], ...]
    optional: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls, line):
        answer, name, required, optional = _LINE.fullmatch(line).groups()
        return cls(answer, name, _pairs(required), _pairs(optional))

    @property
    def parameters(self):
        return self.required + self.optional

    @property
    def own(self):
        """The same without the session, which the client adds."""
        return tuple(each for each in self.parameters if each[1] != "session")


def _pairs(text):
    return tuple(tuple(each.split()) for each in text.split(", ")) if text else ()


CALLS = [Call.read(line) for line in (SEED + ELSEWHERE + NAMES).splitlines()]
