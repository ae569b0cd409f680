"""What runs in the store, on streaq's queues, so that items which nobody attends to any more go to others."""

from typing import Final

LEAVE: Final = """
local stream, group, consumer, idle = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])
for _, entry in ipairs(redis.call('XPENDING', stream, group, '-', '+', 10000, consumer)) do
  local found = redis.call('XRANGE', stream, entry[1], entry[1])[1]
  redis.call('XACK', stream, group, entry[1])
  redis.call('XDEL', stream, entry[1])
  if found then redis.call('XADD', stream, '*', unpack(found[2])) end
end
redis.call('XGROUP', 'DELCONSUMER', stream, group, consumer)
for _, each in ipairs(redis.call('XINFO', 'CONSUMERS', stream, group)) do
  local told = {}
  for i = 1, #each, 2 do told[each[i]] = each[i + 1] end
  if told.pending == 0 and told.idle > idle then
    redis.call('XGROUP', 'DELCONSUMER', stream, group, told.name)
  end
end
"""
"""Leaves a queue. What the consumer was given and has not brought to an end is queued anew, which wakes another one
at once. Consumers that hold nothing and have not been heard of for so many milliseconds are forgotten: streaq keeps
one for each worker that there ever was."""

RECOVER: Final = """
local stream, group, idle = KEYS[1], ARGV[1], ARGV[2]
local found = redis.call('XPENDING', stream, group, 'IDLE', idle, '-', '+', 1000)
for _, entry in ipairs(found) do
  local fields = redis.call('XRANGE', stream, entry[1], entry[1])[1]
  redis.call('XACK', stream, group, entry[1])
  redis.call('XDEL', stream, entry[1])
  if fields then redis.call('XADD', stream, '*', unpack(fields[2])) end
end
return #found
"""
"""Queues anew what was given to consumers that have not been heard of for so many milliseconds. (streaq looks for that
only among the oldest of what is attended to, and as seldom as it is heard of itself.)"""
