"""Scripts of clients: they come and go, and what they leave is others' to see to."""

from __future__ import annotations

from typing import Final

from aiogandi.hub.journal.scripts.shared import script

ENTER: Final = script(
    "enter",
    """
local holder, process, told = ARGV[3], ARGV[4], ARGV[5]
redis.call('HSET', name('journal-accounts'), account, ARGV[6])
forget_calls()
forget_claims()
for _, each in ipairs(redis.call('SMEMBERS', at('clients'))) do
  local found = redis.call('HMGET', at('client', each), 'holder', 'calls')
  if not is_alive(found[1]) and tonumber(found[2] or '0') <= 0 then
    redis.call('DEL', at('client', each))
    redis.call('SREM', at('clients'), each)
  end
end
local number = number_of_a('client')
redis.call('SADD', at('clients'), number)
redis.call('HSET', at('client', number), 'told', told, 'process', process, 'holder', holder, 'calls', 0)
return number
""",
)
"""*holder*, *process*, *told*, and the account in full. Returns the client's number."""

TAKE_OVER: Final = script(
    "take-over",
    """
local client, holder = at('client', ARGV[3]), ARGV[4]
local theirs = redis.call('HGET', client, 'holder')
if theirs ~= holder and is_alive(theirs) then return {0, heard(theirs, holder)} end
if redis.call('EXISTS', client) == 1 then redis.call('HSET', client, 'holder', holder) end
return {1, 0}
""",
)
"""*client*, *holder*. Returns 1, or 0 where somebody sees to its calls, and when that one was heard of (see
`shared`).
"""

LEAVE: Final = script(
    "leave",
    """
local holder = ARGV[3]
for i = 4, #ARGV do
  local client = at('client', ARGV[i])
  if redis.call('HGET', client, 'holder') == holder then
    redis.call('HDEL', client, 'holder')
    if i == 4 then redis.call('HDEL', client, 'process') end
  end
end
return 1
""",
)
"""*holder*, its own client, and those that it has taken over. What has left properly sends nothing any more."""

LEFT: Final = script(
    "left", "return {exact(now()), rows_of(redis.call('ZRANGE', at('left'), 0, -1))}"
)
"""Returns the time, and the calls that nobody has concluded."""
