"""The scripts that run in the store. The store runs one at a time, and each as a whole.

A script is given the prefix of all names as its only key, then the epoch that it expects and its own
arguments. The epoch is a word that the first process writes. A store that has another epoch was emptied or
replaced, and what this process believes of it is not true any more: so the script does nothing.

These names stand in the store, each after the prefix and a colon. All times are by the store's clock.

    about                      the format of what is stored, the epoch, the salt, when a process last began
    processes, here:PROCESS    the processes that are there, and what each tells of itself, until its lease ends
    news                       a stream of what has happened, which every process reads
    session:, login:, refused:FINGERPRINT
                               the session of an account with its password (see ``sessions/scripts``)
    turns:, takers:GROUP       who sends next (see ``turns/scripts``)
    watchers:, poller:ACCOUNT, watches:ACCOUNT:CLIENT, end:ACCOUNT:OPERATION
                               who waits for which operations (see ``watches/scripts``)
    journal, journal-accounts, journal:ACCOUNT:…
                               keys, calls and claims (see ``journal/scripts/shared``)

Scripts make these names from the prefix themselves. So a cluster, which must be told all names beforehand, is
not supported.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Final

FORMAT: Final = 1
"""The version of what is stored. It grows when a release that knows this number would read wrongly what is stored
then.
"""

REPLACED: Final = "HUBREPLACED"
"""The first word of the error that a script returns when it expects another epoch than the store's."""

_SHARED: Final = """
local prefix = KEYS[1]
-- A name in the store: the prefix and these words, with colons between them.
local function name(...) return table.concat({prefix, ...}, ':') end
-- The store's clock, in seconds.
local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) + tonumber(time[2]) / 1000000
end
-- A moment as a text that loses none of its microseconds, as Lua's own way of writing numbers would.
local function exact(seconds) return string.format('%.6f', seconds) end
-- Whether a process was heard of within its lease.
local function lives(process) return redis.call('EXISTS', name('here', process)) == 1 end
-- Tells every process a text, of this kind, about this thing. The last 20,000 pieces of news or so are kept,
-- for a process that was cut off for a while.
local function tell(kind, about, text)
  redis.call('XADD', name('news'), 'MAXLEN', '~', 20000, '*', 'kind', kind, 'about', about, 'text', text)
end
"""

_EPOCH: Final = """
if redis.call('HGET', name('about'), 'epoch') ~= ARGV[1] then
  return redis.error_reply('HUBREPLACED the store was emptied or replaced')
end
"""


@dataclass(frozen=True, slots=True)
class Script:
    """A script with the name by which its exchanges are counted: what it does, after what it is for, as in
    ``turn-reserve`` or ``journal-claim``. Those of the store itself are called ``begin``, ``beat`` and ``leave``.
    """

    name: str
    text: str = field(repr=False)
    sha: str = field(repr=False)

    @classmethod
    def of(cls, name: str, body: str) -> Script:
        """A script with this *body* in Lua, which may use ``prefix``, ``name``, ``now``, ``exact``, ``lives`` and
        ``tell``. Its own arguments begin with ``ARGV[2]``.
        """
        return cls._made(name, _SHARED + _EPOCH + body)

    @classmethod
    def without_epoch(cls, name: str, body: str) -> Script:
        """A script that runs whatever the epoch is: ``ARGV[1]`` is an empty text."""
        return cls._made(name, _SHARED + body)

    @classmethod
    def _made(cls, name: str, text: str) -> Script:
        return cls(name, text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


def account_name(account: str) -> str:
    """Return what an account (see `account_of`) is called in the names that stand in the store."""
    return hashlib.sha256(account.encode()).hexdigest()[:16]


BEGIN: Final = Script.without_epoch(
    "begin",
    """
local about = name('about')
if redis.call('EXISTS', about) == 0 then
  redis.call('HSET', about, 'format', ARGV[2], 'epoch', ARGV[3], 'salt', ARGV[4])
end
redis.call('HSET', about, 'begun', exact(now()))
local last = redis.call('XREVRANGE', name('news'), '+', '-', 'COUNT', 1)
local id = '0-0'
if last[1] then id = last[1][1] end
local found = redis.call('HMGET', about, 'format', 'epoch', 'salt')
return {found[1], found[2], found[3], id}
""",
)
"""A process enters the store. Arguments: *format*, and the *epoch* and *salt* that an empty store is given.

Returns these three as they stand in the store, and the id of the latest news. It writes in any case, so that a
store which cannot be written to is noticed here.
"""

BEAT: Final = Script.of(
    "beat",
    """
local process = ARGV[2]
redis.call('SET', name('here', process), ARGV[4], 'PX', ARGV[3])
redis.call('SADD', name('processes'), process)
for _, each in ipairs(redis.call('SMEMBERS', name('processes'))) do
  if not lives(each) then
    redis.call('SREM', name('processes'), each)
    tell('gone', each, '')
  end
end
""",
)
"""A process says that it is there. Arguments: the *process*, the *milliseconds* for which that is believed, and
what it tells of itself. It also removes the processes that were not heard of in time, and tells all others
that each of them has gone.
"""

LEAVE: Final = Script.of(
    "leave",
    """
redis.call('DEL', name('here', ARGV[2]))
if redis.call('SREM', name('processes'), ARGV[2]) == 1 then tell('gone', ARGV[2], '') end
""",
)
"""A *process* leaves the store, and all others are told that it has gone."""
