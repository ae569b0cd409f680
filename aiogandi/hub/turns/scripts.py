"""The scripts by which processes share one sequence of turns.

A turn is the right to send one request. A member, which is one client, has one turn reserved at the most. Who
waits for a turn has a rank (see `transport.rank`): 1 goes before 2. A group has two names in the store:

    turns:GROUP     ``last``: when its last turn was; ``held``: until when nobody has one; ``used``: how many turns
                    were used; ``served:RANK``: when that rank had its last one; ``gap:SECONDS``: when a member
                    with this distance between two turns asked last
    takers:GROUP    for each member: when its reserved turn is due, the rank for which it was reserved, the best
                    rank that waits behind it (0: none), and until when that is believed

The news are of two kinds. ``hold`` tells until when nobody has a turn. ``turn`` tells that the turn of a member,
due at one moment, is due at a later one now; or, with an empty text, that there may be earlier turns again.
"""

from __future__ import annotations

from typing import Final

from aiogandi.hub.scripts import Script
from aiogandi.transport.rate import LONGEST_HOLD, SHARE

RESERVE: Final = Script.of(
    "turn-reserve",
    f"local SHARE, LONGEST_HOLD = {SHARE}, {LONGEST_HOLD}"
    """
local group, member, rank, behind = ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local used, lead, safe, gap = ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local turns, takers, time = name('turns', group), name('takers', group), now()

local function pairs_of(key)
  local flat, found = redis.call('HGETALL', key), {}
  for i = 1, #flat, 2 do found[flat[i]] = flat[i + 1] end
  return found
end
local function entry(due, rank, behind, believed)
  return string.format('%.6f %d %d %.6f', due, rank, behind, believed)
end

-- Members may have different limits. The slowest that asked within the last minute counts for all.
redis.call('HSET', turns, 'gap:' .. ARGV[9], exact(time))
local known = pairs_of(turns)
for field, asked in pairs(known) do
  local seconds = string.match(field, '^gap:(.+)')
  if seconds and tonumber(asked) < time - 60 then
    redis.call('HDEL', turns, field)
  elseif seconds then
    gap = math.max(gap, tonumber(seconds))
  end
end
-- Neither of these lies so far ahead, unless the store's clock was set back.
local last, held = tonumber(known.last or 0), tonumber(known.held or 0)
if last > time + gap + 1 then last = time end
if held > time + LONGEST_HOLD then held = 0 end

-- Who has a turn that is still to come, which turns have passed, and who waits.
local coming, served, members, waited, others_wait = {}, {}, 0, 0, 99
local function last_of(its) return served[its] or tonumber(known['served:' .. its] or 0) end
local function was_served(at, its)
  last, served[its] = math.max(last, at), math.max(last_of(its), at)
end
for other, text in pairs(pairs_of(takers)) do
  local due, its, next_rank, believed = string.match(text, '(%S+) (%d+) (%d+) (%S+)')
  local at = tonumber(due)
  its, next_rank, believed = tonumber(its), tonumber(next_rank), tonumber(believed)
  members = members + 1
  if other == member then
    if used ~= '' then was_served(tonumber(used), its) end
    if at <= time then was_served(at, its) end
    if believed > time then waited = next_rank end
  else
    local here = lives(string.match(other, '^[^:]+'))
    if at <= time then
      was_served(at, its)
    elseif here then
      coming[#coming + 1] = {at = at, rank = its, member = other, behind = next_rank, believed = believed}
    end
    if here and believed > time then
      others_wait = math.min(others_wait, next_rank)
    elseif at <= time or not here then
      redis.call('HDEL', takers, other)
    end
  end
end
table.sort(coming, function(one, other) return one.at < other.at end)

-- The first turn from *at* that keeps the distance to all others. A millionth of a second is for rounding.
local function first_free(at)
  for _, each in ipairs(coming) do
    if at + gap <= each.at + 0.000005 then break end
    at = math.max(at, each.at + gap)
  end
  return at
end
local function latest_of(its)
  local at = last_of(its)
  for _, each in ipairs(coming) do
    if each.rank == its then at = math.max(at, each.at) end
  end
  return at
end

local soonest = math.max(time + lead, last + gap, held)
local due, is_late = first_free(soonest), 0
if others_wait < rank then
  -- One turn in ten is for all of this rank, wherever they wait.
  local own = math.min(latest_of(rank), soonest + SHARE * gap * members) + SHARE * gap
  if own > due then due, is_late = first_free(own), 1 end
else
  -- It takes the turn of a member with a worse rank, which hears early enough that its own is a later one now.
  for _, each in ipairs(coming) do
    if each.rank > rank and each.at < due - 0.000005 and each.at >= math.max(time + safe, soonest)
        and last_of(each.rank) + (SHARE - 1) * gap > each.at then
      redis.call('HSET', takers, each.member, entry(due, each.rank, each.behind, each.believed + due - each.at))
      tell('turn', group, table.concat({each.member, exact(each.at), exact(due)}, ' '))
      due = each.at
      break
    end
  end
end

-- Nobody with a better rank waits any more: members that left turns to those can have earlier ones.
if waited > 0 and (behind == 0 or behind > waited) and others_wait > waited then
  for _, each in ipairs(coming) do
    if each.rank > waited and each.at > due + 2 * gap then
      tell('turn', group, '')
      break
    end
  end
end

local believed = 0
if behind > 0 then believed = due + 2 * gap + 0.1 end
redis.call('HSET', takers, member, entry(due, rank, behind, believed))
redis.call('HSET', turns, 'last', exact(last))
for its, at in pairs(served) do redis.call('HSET', turns, 'served:' .. its, exact(at)) end
local count = tonumber(known.used or 0)
if used ~= '' then count = redis.call('HINCRBY', turns, 'used', 1) end
local kept = math.ceil(600 + SHARE * gap * (members + 2))
redis.call('EXPIRE', turns, kept)
redis.call('EXPIRE', takers, kept)
return {exact(due), exact(time), count, is_late}
""",
)
"""Reserve a turn. Arguments: the *group*, the *member*, the *rank* for which it is, the best rank that waits
*behind* that one (0: none); the turn that the member has *used* since it asked last, or an empty text; how many
seconds from now the turn may be at the earliest (*lead*); how many seconds ahead a turn must be to be moved
(*safe*: its member hears of it in time); and the member's own *gap* between two turns.

Returns when the turn is due, what time it is, how many turns all have used, and 1 where an earlier turn was left
free, because a better rank waits in another process.
"""

HOLD_BACK: Final = Script.of(
    "turn-hold-back",
    f"local LONGEST_HOLD = {LONGEST_HOLD}"
    """
local turns, time = name('turns', ARGV[2]), now()
local ends, held = exact(time + tonumber(ARGV[3])), tonumber(redis.call('HGET', turns, 'held') or 0)
if held < tonumber(ends) or held > time + LONGEST_HOLD then
  redis.call('HSET', turns, 'held', ends)
  if redis.call('TTL', turns) < 600 then redis.call('EXPIRE', turns, 600) end
  tell('hold', ARGV[2], ends)
end
""",
)
"""Nobody of a *group* has a turn for so many *seconds*."""

GIVE_BACK: Final = Script.of(
    "turn-give-back",
    """
local takers = name('takers', ARGV[2])
local due = string.match(redis.call('HGET', takers, ARGV[3]) or '', '%S+')
if due and tonumber(due) > now() then redis.call('HDEL', takers, ARGV[3]) end
""",
)
"""A *member* of a *group* gives back the turn that it has reserved, and will not use."""
