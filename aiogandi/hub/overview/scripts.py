"""What is read from the store for an overview. Nothing is written."""

from __future__ import annotations

from typing import Final

from aiogandi.hub.scripts import Script

OVERVIEW: Final = Script.without_epoch(
    "overview-read",
    """
local form = redis.call('HGET', name('about'), 'format')
if form ~= ARGV[2] then return {form} end
local at = 2
local function given()
  local found, number = {}, tonumber(ARGV[at + 1])
  for i = 1, number do found[i] = ARGV[at + 1 + i] end
  at = at + 1 + number
  return found
end

local processes, groups, sessions, accounts = {}, {}, {}, {}
for _, each in ipairs(redis.call('SMEMBERS', name('processes'))) do
  local told = redis.call('GET', name('here', each))
  if told then
    processes[#processes + 1] = {each, told, redis.call('PTTL', name('here', each))}
  end
end
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
    -- One field says that the others are whole.
    watches[#watches + 1] = math.max(redis.call('HLEN', name('watches', each, client)) - 1, 0)
  end
  accounts[#accounts + 1] = {
    each, text, redis.call('GET', name('poller', each)) or '', watches,
    redis.call('ZCARD', name('journal', each, 'open')), redis.call('HLEN', name('journal', each, 'claims'))
  }
end
return {form, exact(now()), processes, groups, sessions, accounts}
""",
)
"""Given *format*, and three times how many and their names: groups of turns, fingerprints, accounts. Returns
the format that stands there, and where it is this one: the time; of each process its name, what it tells of
itself, and for how many milliseconds it still counts as here; of each group, of each fingerprint and of each
account what stands there.
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
"""Given an *account* and numbers of its keys, returns of those that are held their words, their run and who
holds them.
"""
