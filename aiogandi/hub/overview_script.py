"""What is read from the store for an overview, in one exchange that writes nothing."""

from __future__ import annotations

from typing import Final

from aiogandi.hub.scripts import Script

OVERVIEW: Final = Script.without_epoch(
    "overview",
    """
local form = redis.call('HGET', name('about'), 'format')
if form ~= ARGV[2] then return {form, {}} end
local processes = {}
for _, each in ipairs(redis.call('SMEMBERS', name('processes'))) do
  local told = redis.call('GET', name('here', each))
  if told then
    processes[#processes + 1] = {each, told, redis.call('PTTL', name('here', each))}
  end
end
return {form, processes}
""",
)
"""Returns the format that stands there, and where it is *format*, of each process: its name, what it tells of
itself, and for how many milliseconds it still counts as here.
"""
