"""The scripts that run in the store, each of them at once or not at all.

A script is given the prefix of all names as its only key, then the epoch that it expects and its own
arguments. The epoch is a word that the first process writes. A store that has another one was emptied or
replaced since, and what this process believes of it is not true any more: so nothing is done.

Names are made inside of the scripts, from the prefix: a cluster, which wants to know them before, is not
supported.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Final

FORMAT: Final = 1
"""The version of what is stored. Another number is for what a release that knows this one would read wrong."""

REPLACED: Final = "HUBREPLACED"
"""How the error begins with which a script answers whose epoch is another one."""

_SHARED: Final = """
local prefix = KEYS[1]
local function name(...) return table.concat({prefix, ...}, ':') end
local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) + tonumber(time[2]) / 1000000
end
local function exact(seconds) return string.format('%.6f', seconds) end
local function lives(process) return redis.call('EXISTS', name('here', process)) == 1 end
-- About 20,000 pieces of news are kept for those who were cut off for a while.
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
        """What stands in *body*, in Lua: it may use ``prefix``, ``name``, ``now``, ``exact``, ``lives`` and
        ``tell``, and its own arguments begin with ``ARGV[2]``.
        """
        return cls._made(name, _SHARED + _EPOCH + body)

    @classmethod
    def without_epoch(cls, name: str, body: str) -> Script:
        """One that is run before the epoch is known: ``ARGV[1]`` is an empty text."""
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
"""A process begins: *format*, and *epoch* and *salt* for a store that is empty. Returns these three as they
stand there, and the id of the latest news. It writes in any case, so that a store which cannot be written
is found out here.
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
"""*process* is here for so many *milliseconds*; *told* tells of it. Those that are not are told of."""

LEAVE: Final = Script.of(
    "leave",
    """
redis.call('DEL', name('here', ARGV[2]))
if redis.call('SREM', name('processes'), ARGV[2]) == 1 then tell('gone', ARGV[2], '') end
""",
)
"""*process* is here no more."""
