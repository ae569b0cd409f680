"""The scripts that read what stands in the store, for people. They write nothing."""

from __future__ import annotations

from typing import Final

from aiogandi.hub.scripts import Script

_PRESENT: Final = """
-- Who was heard of within its lease: of each its name, what it tells of itself, and for how many milliseconds it counts.
local function present()
  local found = {}
  for _, each in ipairs(redis.call('SMEMBERS', name('processes'))) do
    local told = redis.call('GET', name('here', each))
    if told then found[#found + 1] = {each, told, redis.call('PTTL', name('here', each))} end
  end
  return found
end
"""

PROCESSES: Final = Script.without_epoch(
    "overview-processes",
    _PRESENT
    + """
local form = redis.call('HGET', name('about'), 'format')
if form ~= ARGV[2] then return {form} end
return {form, present()}
""",
)
"""Read who is there. Argument: the *format* that this release knows. Returns the one that stands in the store, and where
it is the same one, the processes, each with what it tells of itself and its time left.
"""

OVERVIEW: Final = Script.without_epoch(
    "overview-read",
    _PRESENT
    + """
local form = redis.call('HGET', name('about'), 'format')
if form ~= ARGV[2] then return {form} end
local at = 2
local function given()
  local found, number = {}, tonumber(ARGV[at + 1])
  for i = 1, number do found[i] = ARGV[at + 1 + i] end
  at = at + 1 + number
  return found
end

local groups, sessions, accounts = {}, {}, {}
for _, group in ipairs(given()) do
  groups[#groups + 1] = {
    group, redis.call('HGETALL', name('turns', group)), redis.call('HGETALL', name('takers', group))
  }
end
for _, each in ipairs(given()) do
  local kept = redis.call('HMGET', name('session', each), 'began', 'ends', 'process')
  local login = redis.call('GET', name('login', each)) or ''
  sessions[#sessions + 1] = {
    each, kept[1], kept[2], kept[3], login, redis.call('PTTL', name('refused', each))
  }
end
local known = redis.call('HGETALL', name('journal-accounts'))
local told = {}
for i = 1, #known, 2 do told[known[i]] = known[i + 1] end
for _, each in ipairs(given()) do told[each] = told[each] or '' end
for each, text in pairs(told) do
  local watches = {}
  for _, client in ipairs(redis.call('SMEMBERS', name('watchers', each))) do
    watches[#watches + 1] = client
    -- One field is no watch (see ``watches/scripts``).
    watches[#watches + 1] = math.max(redis.call('HLEN', name('watches', each, client)) - 1, 0)
  end
  accounts[#accounts + 1] = {
    each, text, redis.call('GET', name('poller', each)) or '', watches,
    redis.call('ZCARD', name('journal', each, 'open')), redis.call('HLEN', name('journal', each, 'claims'))
  }
end
return {form, exact(now()), present(), groups, sessions, accounts}
""",
)
"""Read all but keys. Arguments: the *format* that this release knows; then three lists, each as a number and so many
names: groups of turns, fingerprints, accounts.

Returns the format that stands in the store. Where it is the same one, more follows: what time it is; of each
process its name, what it tells of itself, and for how many milliseconds it still counts as there; and what
stands in the store of each group, each fingerprint and each account.
"""

LOCKED: Final = Script.without_epoch(
    "overview-keys",
    """
local function at(...) return name('journal', ARGV[2], ...) end
local held = {}
for i = 3, #ARGV do
  local found = redis.call('HMGET', at('key', ARGV[i]), 'key', 'run', 'lock', 'holder')
  if found[3] and lives(string.match(found[3], '^[^:]*')) then
    held[#held + 1] = {found[1], redis.call('HGET', at('run', found[2]), 'name') or '', found[4] or ''}
  end
end
return held
""",
)
"""Read which keys are held. Arguments: an *account*, and numbers of keys of its journal. Returns, for each of them
that is held, its words, its run, and who holds it.
"""
