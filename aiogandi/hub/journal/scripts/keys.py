"""Scripts of keys, which their holders hold by a lease: as long as their process is heard of."""

from __future__ import annotations

from typing import Final

from aiogandi.hub.journal.scripts.shared import script as _script
from aiogandi.hub.scripts import Script

_HELD: Final = """
local function held(key)
  local found = redis.call('HMGET', at('key', key), 'key', 'state', 'result')
  local numbers = redis.call('HVALS', at('steps', key))
  local kept = redis.call('HVALS', at('kept', key))
  return {'held', key, exact(now()), found[1], found[2], found[3] or '', kept, rows_of(numbers)}
end
local function take(key, token, told)
  local lock = redis.call('HGET', at('key', key), 'lock')
  if lock and lock ~= token and is_alive(lock) then return false end
  redis.call('HSET', at('key', key), 'lock', token, 'holder', told)
  return true
end
"""


def script(name: str, body: str) -> Script:
    """One that may hold keys."""
    return _script(name, _HELD + body)


HOLD: Final = script(
    "hold",
    """
local run, words, token, told = ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local key = redis.call('HGET', at('keys'), run .. ':' .. words)
if not key then
  key = number_of_a('key')
  redis.call('HSET', at('keys'), run .. ':' .. words, key)
  redis.call('HSET', at('key', key), 'run', run, 'key', words, 'state', 'open', 'since', exact(now()))
  redis.call('ZADD', at('of', run), key, key)
end
if not take(key, token, told) then return {'elsewhere', holder_of(key)} end
return held(key)
""",
)
"""*run*, *words*, *token*, *told*. Returns what is recorded under the key, or who holds it."""

HOLD_NUMBER: Final = script(
    "hold-number",
    """
if redis.call('EXISTS', at('key', ARGV[3])) == 0 then return {1, 0} end
if take(ARGV[3], ARGV[4], ARGV[5]) then return {1, 0} end
return {0, heard(redis.call('HGET', at('key', ARGV[3]), 'lock'), ARGV[4])}
""",
)
"""*key*, *token*, *told*. Returns 1, or 0 where it is held, and when its holder was heard of (see `shared`)."""

HOLD_AGAIN: Final = script(
    "hold-again",
    "if is_lost(ARGV[3], ARGV[4]) then return lost(ARGV[3]) end return held(ARGV[3])",
)
"""*key*, *token*."""

FIND: Final = script(
    "find",
    """
local key = redis.call('HGET', at('keys'), ARGV[3] .. ':' .. ARGV[4])
if not key or redis.call('HGET', at('key', key), 'state') ~= 'concluded' then return {} end
return held(key)
""",
)
"""*run*, *words*. Returns what is recorded under the key, if it is concluded."""

RELEASE: Final = script(
    "release",
    """
local key, run, words, token = ARGV[3], ARGV[4], ARGV[5], ARGV[6]
if key == '' then key = redis.call('HGET', at('keys'), run .. ':' .. words) or '' end
if redis.call('HGET', at('key', key), 'lock') == token then
  redis.call('HDEL', at('key', key), 'lock', 'holder')
end
return 1
""",
)
"""*key*, or else *run* and *words*, and *token*."""

CONCLUDE: Final = script(
    "conclude",
    """
local key, token, result, unasked = ARGV[3], ARGV[4], ARGV[5], {}
for i = 6, #ARGV do unasked[ARGV[i]] = true end
if is_lost(key, token) then return lost(key) end
local steps = redis.call('HGETALL', at('steps', key))
for i = 2, #steps, 2 do
  local found = redis.call('HMGET', at('call', steps[i]), 'state', 'yields', 'ids')
  local state, yields, ids = found[1], found[2], found[3]
  if OPEN[state] then return 0 end
  if state == 'adopted' and yields and cjson.decode(ids or '{}')[yields] == nil then return 0 end
end
for step in pairs(unasked) do redis.call('HDEL', at('kept', key), step) end
local fields = {'step', 'client', 'method', 'yields', 'since', 'arguments', 'prints', 'state', 'ids',
  'outcome', 'ended'}
for i = 1, #steps, 2 do
  local step, number = steps[i], steps[i + 1]
  local call = at('call', number)
  if unasked[step] and redis.call('HGET', call, 'state') ~= 'absent' then
    redis.call('HDEL', call, 'key', 'step')
    redis.call('HDEL', at('steps', key), step)
  else
    if not unasked[step] then
      local told = {'number', number}
      for place, value in ipairs(redis.call('HMGET', call, unpack(fields))) do
        if value then
          told[#told + 1] = fields[place]
          told[#told + 1] = value
        end
      end
      redis.call('HSET', at('kept', key), step, cjson.encode(told))
    end
    remove(number)
  end
end
redis.call('HSET', at('key', key), 'state', 'concluded')
redis.call('HDEL', at('key', key), 'error', 'result')
if result ~= '' then redis.call('HSET', at('key', key), 'result', result) end
return 1
""",
)
"""*key*, *token*, *result*, and the unasked steps. Returns 0 where something is not clear."""

FAIL: Final = script(
    "fail",
    """
local key, token = ARGV[3], ARGV[4]
if is_lost(key, token) then return lost(key) end
if redis.call('HGET', at('key', key), 'state') ~= 'concluded' then
  redis.call('HSET', at('key', key), 'state', 'failed', 'error', ARGV[5])
end
return 1
""",
)
"""*key*, *token*, *error*."""
