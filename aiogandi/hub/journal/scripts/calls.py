"""Scripts that write down what becomes of a call. Those under a key are given its number and the token by
which it is held, and write nothing where somebody else holds it by now: they return who does.
"""

from __future__ import annotations

from typing import Final

from aiogandi.hub.journal.scripts.shared import script

INTEND: Final = script(
    "intend",
    """
local number, client, holder, key, token = ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local step, wall, kept = ARGV[8], tonumber(ARGV[9]), ARGV[10]
local call = at('call', number)
if redis.call('HGET', at('client', client), 'holder') ~= holder then return {'client'} end
if key ~= '' then
  if is_lost(key, token) then return lost(key) end
  local there = redis.call('HGET', at('steps', key), step)
  if there and there ~= number then
    -- What has run is never replaced, whoever asks for it: it would be bought again.
    local found = redis.call('HMGET', at('call', there), 'state', 'end', 'method')
    local gives_way = found[1] == 'absent' or found[2] == 'ERROR' or found[2] == 'CANCEL'
    for _, each in ipairs(redis.call('HKEYS', at('steps', key))) do
      if tonumber(each) > tonumber(step) then gives_way = false end
    end
    if not gives_way then return {'taken', found[3] or ''} end
    remove(there)
  end
end
if redis.call('EXISTS', call) == 1 then return 1 end
local fields = {}
for i = 12, #ARGV do fields[#fields + 1] = ARGV[i] end
local since = exact(tonumber(ARGV[11]) + now() - wall)
redis.call('HSET', call, 'client', client, 'since', since, 'sent', exact(now()), unpack(fields))
if key ~= '' then
  redis.call('HSET', call, 'key', key, 'step', step)
  redis.call('HSET', at('steps', key), step, number)
end
if kept ~= '' then
  redis.call('HSET', call, 'brief', '1')
  redis.call('ZADD', at('due'), exact(now() + tonumber(kept)), number)
end
mark(number, 'sent')
redis.call('HINCRBY', at('client', client), 'calls', 1)
return 1
""",
)
"""*number*, *client*, its *holder*, *key*, *token*, *step*, *wall*: what time it is for who asks, *kept*: for how
many seconds a call of a brief client is, *since*, and the fields. To do it again changes nothing.
"""

SEND_AGAIN: Final = script(
    "send-again",
    """
local number, holder, key, token = ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local sends, kept, newest = ARGV[7], ARGV[8], ARGV[9]
local call = at('call', number)
if key ~= '' and is_lost(key, token) then return lost(key) end
local client = redis.call('HGET', call, 'client')
if not client then return {'client'} end
if key == '' and redis.call('HGET', at('client', client), 'holder') ~= holder then return {'client'} end
redis.call('HSET', call, 'sends', sends, 'sent', exact(now()))
redis.call('HDEL', call, 'patience')
if newest == 'none' then redis.call('HDEL', call, 'newest') end
if newest ~= 'none' and newest ~= '' then redis.call('HSET', call, 'newest', newest) end
if kept ~= '' then redis.call('ZADD', at('due'), exact(now() + tonumber(kept)), number) end
mark(number, 'sent')
return 1
""",
)
"""*number*, *holder* of its client, *key*, *token*, *sends*, *kept*, *newest*: empty where it stays."""

LOSE: Final = script(
    "lose",
    """
local number, key, token, wall = ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6])
local patience, kept = tonumber(ARGV[7]) + now() - wall, ARGV[8]
if key ~= '' and is_lost(key, token) then return lost(key) end
if not OPEN[redis.call('HGET', at('call', number), 'state') or ''] then return 0 end
redis.call('HSET', at('call', number), 'patience', exact(patience))
if kept ~= '' then redis.call('ZADD', at('due'), exact(patience + tonumber(kept)), number) end
mark(number, 'lost')
return 1
""",
)
"""*number*, *key*, *token*, *wall*, *patience*, *kept*."""

SETTLE: Final = script(
    "settle",
    """
local number, key, token, state, outcome = ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
if key ~= '' and is_lost(key, token) then return lost(key) end
local was = redis.call('HGET', at('call', number), 'state')
if not was or not (OPEN[was] or was == state) then return 0 end
if outcome ~= '' then redis.call('HSET', at('call', number), 'outcome', outcome) end
mark(number, state)
return 1
""",
)
"""*number*, *key*, *token*, *state*, *outcome*. Returns 0 where it is known what became of it."""

END: Final = script(
    "end",
    """
local number, key, token = ARGV[3], ARGV[4], ARGV[5]
if key ~= '' and is_lost(key, token) then return lost(key) end
local call = at('call', number)
if redis.call('EXISTS', call) == 0 then return 0 end
redis.call('HSET', call, 'ids', ARGV[6], 'ended', ARGV[8], 'end', ARGV[9])
if ARGV[7] ~= '' then redis.call('HSET', call, 'id', ARGV[7]) else redis.call('HDEL', call, 'id') end
return 1
""",
)
"""*number*, *key*, *token*, *ids*, *id*, *ended*, and the state in it."""

DROP: Final = script("drop", "for i = 3, #ARGV do remove(ARGV[i]) end return 1")
"""*numbers*."""

READ: Final = script("read", "return {exact(now()), rows_of({ARGV[3]})}")
"""*number*. Returns the time and its row, if there is one."""
