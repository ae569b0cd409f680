"""Scripts that say whose an operation is: each belongs to one call, and nobody takes it back but who said so."""

from __future__ import annotations

from typing import Final

from aiogandi.hub.journal.scripts.shared import script

CLAIM: Final = script(
    "claim",
    """
local number, key, token, state, ids, id = ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
local is_for_another, forgets = ARGV[9] == '1', ARGV[10] == '1'
local names = {}
for i = 11, #ARGV do names[#names + 1] = ARGV[i] end
if forgets then forget_claims() end
local was = redis.call('HGET', at('call', number), 'state')
if is_for_another and was ~= 'lost' then return 0 end
-- What is true of a call that nobody knows better is written down by who has lost its key as well: whoever
-- holds it now is looking for it.
if key ~= '' and not OPEN[was or ''] and is_lost(key, token) then return lost(key) end
if enter(number, names, state, ids, id) then return 1 end
return 0
""",
)
"""*number*, *key*, *token*, *state*, *ids*, *id*, whether it is for a lost call of another client, whether old
claims are forgotten, and the names. Returns 0 where it is another's.
"""

DISOWN: Final = script(
    "disown",
    """
local number, ids = ARGV[3], ARGV[4]
local call = at('call', number)
local found = redis.call('HMGET', call, 'state', 'ids', 'names')
if found[1] ~= 'adopted' or found[2] ~= ids then return 0 end
for each in string.gmatch(found[3] or '', '%S+') do
  if claimant(each) == number then
    redis.call('HDEL', at('claims'), each)
    redis.call('ZREM', at('claimed'), each)
  end
end
redis.call('HSET', call, 'ids', '{}')
redis.call('HDEL', call, 'id', 'names')
mark(number, 'unknown')
return 1
""",
)
"""*number*, and the *ids* as they were said."""

OWNER: Final = script(
    "owner",
    """
local names = {}
for i = 4, #ARGV do names[#names + 1] = ARGV[i] end
return owner_of(names, ARGV[3]) or {}
""",
)
"""*number* and names. Returns method, key and client of the other call, if there is one."""

VIEW: Final = script(
    "view",
    """
local client, claimed, others = ARGV[3], {}, {}
forget_calls()
for i = 4, #ARGV do
  if redis.call('HEXISTS', at('claims'), ARGV[i]) == 1 then claimed[#claimed + 1] = ARGV[i] end
end
for _, number in ipairs(redis.call('ZRANGE', at('open'), 0, -1)) do
  if redis.call('HGET', at('call', number), 'client') ~= client then others[#others + 1] = number end
end
return {exact(now()), rows_of(others), claimed}
""",
)
"""*client*, and names. Returns the time, the open calls of others, and which of the names are claimed."""

BEGUN: Final = script(
    "begun",
    """
local client, method = ARGV[3], ARGV[4]
local since = tonumber(ARGV[6]) + now() - tonumber(ARGV[5])
local seen, own, others = {}, 0, 0
local function count(theirs) if theirs == client then own = own + 1 else others = others + 1 end end
forget_calls()
for _, each in ipairs(redis.call('ZRANGEBYSCORE', at('claimed'), exact(since), '+inf')) do
  local call, its, kind = claimant(each)
  if kind == method and not seen[call] then
    seen[call] = true
    count(its)
  end
end
for _, number in ipairs(redis.call('ZRANGE', at('open'), 0, -1)) do
  local found = redis.call('HMGET', at('call', number), 'client', 'method')
  if found[2] == method then count(found[1]) end
end
return {own, others}
""",
)
"""*client*, *method*, *wall*, *since*."""
