"""Scripts about all keys and calls of an account: runs, what is left, and what somebody says of it."""

from __future__ import annotations

from typing import Final

from aiogandi.hub.journal.scripts.shared import script

RUN: Final = script(
    "run",
    """
local number = redis.call('HGET', at('runs'), ARGV[3])
if not number then
  number = number_of_a('run')
  redis.call('HSET', at('runs'), ARGV[3], number)
  redis.call('HSET', at('run', number), 'name', ARGV[3])
end
return number
""",
)
"""*name*. Returns its number."""

FIND_RUN: Final = script("find-run", "return redis.call('HGET', at('runs'), ARGV[3]) or ''")
"""*name*. Returns its number, or nothing."""

RUNS: Final = script("runs", "return redis.call('HGETALL', at('runs'))")
"""Returns all runs by name."""

TALLY: Final = script(
    "tally",
    """
local keys = redis.call('ZRANGE', at('of', ARGV[3]), ARGV[4], ARGV[5])
local since, counts = nil, {open = 0, failed = 0, concluded = 0}
for _, key in ipairs(keys) do
  local found = redis.call('HMGET', at('key', key), 'state', 'since', 'key')
  -- Of items: the keys inside of one have its own before theirs.
  if #cjson.decode(found[3]) == 1 then
    counts[found[1]] = counts[found[1]] + 1
    if not since or tonumber(found[2]) < tonumber(since) then since = found[2] end
  end
end
return {exact(now()), #keys, since or '', counts.open, counts.failed, counts.concluded}
""",
)
"""*run*, and the places of the first and the last of its keys. Returns the time, how many keys there are, when
the first item of them began, and how many items are in each state.
"""

ENTRIES: Final = script(
    "entries",
    """
local told = {}
for _, key in ipairs(redis.call('ZRANGE', at('of', ARGV[3]), ARGV[4], ARGV[5])) do
  told[#told + 1] = redis.call('HGETALL', at('key', key))
end
return {exact(now()), told}
""",
)
"""*run*, and the places of the first and the last of its keys. Returns the time, and the keys."""

STEPS: Final = script(
    "steps",
    """
local key = redis.call('HGET', at('keys'), ARGV[3] .. ':' .. ARGV[4])
return key and redis.call('HLEN', at('steps', key)) or 0
""",
)
"""*run*, *words*. Returns how many calls stand under the key."""

FORGET: Final = script(
    "forget",
    """
local run, words, inside, stay, forgotten = ARGV[3], ARGV[4], ARGV[5], 0, 0
for _, key in ipairs(redis.call('ZRANGE', at('of', run), ARGV[6], ARGV[7])) do
  local its = redis.call('HGET', at('key', key), 'key')
  local is_meant = words == '' or its == words or string.sub(its, 1, #inside) == inside
  if is_meant and not holder_of(key) then
    for _, call in ipairs(redis.call('HVALS', at('steps', key))) do remove(call) end
    redis.call('DEL', at('key', key), at('steps', key), at('kept', key))
    redis.call('HDEL', at('keys'), run .. ':' .. its)
    redis.call('ZREM', at('of', run), key)
    forgotten = forgotten + 1
  else
    stay = stay + 1
  end
end
return {stay, forgotten}
""",
)
"""*run*, *words*: empty for all, how the keys inside of it begin, and the places of the first and the last key to
look at. Returns how many of these stay, and how many are forgotten.
"""

_SAID: Final = """
local number = ARGV[3]
local its = redis.call('HMGET', at('call', number), 'key', 'client', 'state')
if not redis.call('ZSCORE', at('left'), number) then return {'nothing'} end
if its[1] then
  local holder = holder_of(its[1])
  if holder then return {'held', holder} end
else
  local found = redis.call('HMGET', at('client', its[2]), 'holder', 'told')
  if is_alive(found[1]) then return {'held', found[2] or ''} end
end
"""

DISMISS: Final = script(
    "dismiss",
    _SAID
    + """
if not its[1] then
  remove(number)
elseif OPEN[its[3]] then
  mark(number, 'absent')
end
return {'done'}
""",
)
"""*number*. Returns whether it is done, or why not."""

ADOPT: Final = script(
    "adopt",
    _SAID
    + """
local names = {}
for i = 6, #ARGV do names[#names + 1] = ARGV[i] end
if enter(number, names, 'adopted', ARGV[4], ARGV[5]) then return {'done'} end
return {'taken', unpack(owner_of(names, number) or {})}
""",
)
"""*number*, *ids*, *id*, and names. Returns whether it is done, or why not."""

EXPORT_KEYS: Final = script(
    "export-keys",
    """
local keys, numbers = {}, {}
for _, key in ipairs(redis.call('ZRANGE', at('of', ARGV[3]), ARGV[4], ARGV[5])) do
  keys[#keys + 1] = {key, redis.call('HGETALL', at('key', key)), redis.call('HVALS', at('kept', key))}
  for _, number in ipairs(redis.call('HVALS', at('steps', key))) do numbers[#numbers + 1] = number end
end
return {exact(now()), keys, rows_of(numbers)}
""",
)
"""*run*, and the places of the first and the last of its keys. Returns the time, these keys, and the calls under
them.
"""

EXPORT_CALLS: Final = script(
    "export-calls",
    """
local left, outside = redis.call('ZRANGE', at('left'), ARGV[3], ARGV[4]), {}
for _, number in ipairs(left) do
  if not redis.call('HGET', at('call', number), 'key') then outside[#outside + 1] = number end
end
return {exact(now()), #left, rows_of(outside)}
""",
)
"""The places of the first and the last of the calls that are left. Returns the time, how many they are, and those
outside of keys.
"""

ACCOUNTS: Final = script("accounts", "return redis.call('HGETALL', name('journal-accounts'))")
"""Returns the accounts' names, and what each stands for."""
