"""The scripts of the books: what stands in the hub's store of the runs of a fleet.

After the hub's prefix and ``fleet``, of a run R:

    runs            the runs, by when they began
    accounts        how many open items each account has, of all runs
    tending         who tends to what the engine may have lost, for a while
    about:R         the run's fields: ``action``, ``since``, ``done``, ``cancelled``
    items:R         each item in JSON, by its id
    open:R          the ids of the items that have not ended, by when they were submitted
    holders:R       the process that has an item, of those that were begun; empty where it has let it go
    deaths:R        how often in a row the process of an item has died, and how often when it had that item alone
    steps:R         how many calls an item had made when somebody looked
    ended:R         the ids of items that have ended, in the order of their ends
    outcomes:R      what became of each, as ``changes.written`` writes it
    failed:R        the ids of those that have failed
"""

from __future__ import annotations

from typing import Final

from aiogandi.hub.scripts import Script

_BOOKS: Final = """
local function at(...) return name('fleet', ...) end
local function account_of(id) return cjson.decode(id)[1] end
-- Gives an open item its outcome. Returns whether it had none.
local function conclude(run, id, ok, outcome)
  if redis.call('ZREM', at('open', run), id) == 0 then return false end
  redis.call('HSET', at('outcomes', run), id, outcome)
  redis.call('RPUSH', at('ended', run), id)
  if ok then redis.call('HINCRBY', at('about', run), 'done', 1) else redis.call('SADD', at('failed', run), id) end
  local account = account_of(id)
  if redis.call('HINCRBY', at('accounts'), account, -1) <= 0 then redis.call('HDEL', at('accounts'), account) end
  for _, each in ipairs({'holders', 'deaths', 'steps'}) do redis.call('HDEL', at(each, run), id) end
  return true
end
-- The first of the items in ARGV, each an id and a text, that stands there with another text; nil where none does.
local function other_item(run)
  for i = 3, #ARGV, 2 do
    local known = redis.call('HGET', at('items', run), ARGV[i])
    if known and known ~= ARGV[i + 1] then return ARGV[i] end
  end
  return nil
end
local function progress(run)
  local held = 0
  for _, holder in ipairs(redis.call('HVALS', at('holders', run))) do
    if lives(holder) then held = held + 1 end
  end
  return {run, redis.call('HGETALL', at('about', run)), redis.call('HLEN', at('items', run)),
    redis.call('ZCARD', at('open', run)), held, redis.call('SCARD', at('failed', run))}
end
"""


def _script(name: str, body: str) -> Script:
    return Script.of(f"fleet-{name}", _BOOKS + body)


OPEN: Final = _script(
    "open",
    """
local run, action = ARGV[2], ARGV[3]
local about = at('about', run)
local known = redis.call('HGET', about, 'action')
if known and known ~= action then return {'action', known} end
if not known then
  redis.call('HSET', about, 'action', action, 'since', exact(now()))
  redis.call('ZADD', at('runs'), exact(now()), run)
end
redis.call('HDEL', about, 'cancelled')
return {'opened'}
""",
)
"""*run*, *action*. Returns ``opened``, or ``action`` and the other one that the run has."""

COMPARE: Final = _script(
    "compare",
    """
local other = other_item(ARGV[2])
if other then return {'other', other} end
return {'same'}
""",
)
"""*run*, and of each item its id and its text. Returns ``same``, or ``other`` and the id of an item that stands there
with another text.
"""

SUBMIT: Final = _script(
    "submit",
    """
local run, items, open = ARGV[2], at('items', ARGV[2]), at('open', ARGV[2])
if redis.call('EXISTS', at('about', run)) == 0 then return {'gone'} end
local other = other_item(run)
if other then return {'other', other} end
local due = {'submitted'}
for i = 3, #ARGV, 2 do
  local id = ARGV[i]
  local is_new = redis.call('HSETNX', items, id, ARGV[i + 1]) == 1
  local has_failed = redis.call('SREM', at('failed', run), id) == 1
  if has_failed then redis.call('HDEL', at('outcomes', run), id) end
  if is_new or has_failed then
    redis.call('ZADD', open, exact(now()), id)
    redis.call('HINCRBY', at('accounts'), account_of(id), 1)
  end
  if is_new or has_failed or redis.call('ZSCORE', open, id) then due[#due + 1] = id end
end
return due
""",
)
"""*run*, and of each item its id and its text. Returns ``submitted`` and the ids that are to be delivered; ``other``
and the id of an item that stands there with another text; ``gone`` where the run is forgotten. In the last two
nothing is done.
"""

BEGIN: Final = _script(
    "begin",
    """
local run, id, process = ARGV[2], ARGV[3], ARGV[4]
if not redis.call('ZSCORE', at('open', run), id) then return {'over'} end
local action, is_known = redis.call('HGET', at('about', run), 'action'), false
for i = 5, #ARGV do is_known = is_known or ARGV[i] == action end
if not is_known then return {'unknown', action} end
local holder = redis.call('HGET', at('holders', run), id)
if holder and holder ~= '' and holder ~= process then
  if lives(holder) then return {'held'} end
  redis.call('HINCRBY', at('deaths', run), id, 1)
end
redis.call('HSET', at('holders', run), id, process)
return {'begun', redis.call('HGET', at('items', run), id), action, holder and 0 or 1,
  redis.call('HGET', at('deaths', run), id) or '0', redis.call('HGET', at('steps', run), id) or ''}
""",
)
"""*run*, *id*, *process*, and the actions that it knows. Returns ``over`` where the item has ended; ``unknown`` and the
run's action, where it knows another one; ``held`` where a living process has the item; or ``begun``, its text, the
action, 1 where it is begun for the first time, the deaths, and the steps: from then on *process* has it.
"""

LET_GO: Final = _script(
    "let-go",
    """
if redis.call('HGET', at('holders', ARGV[2]), ARGV[3]) == ARGV[4] then
  redis.call('HSET', at('holders', ARGV[2]), ARGV[3], '')
end
return 1
""",
)
"""*run*, *id*, *process*: it has the item no more, which has not ended, but was begun."""

STEPS: Final = _script(
    "steps",
    """
if not redis.call('ZSCORE', at('open', ARGV[2]), ARGV[3]) then return 0 end
redis.call('HSET', at('steps', ARGV[2]), ARGV[3], ARGV[4])
if ARGV[5] == '1' then redis.call('HSET', at('deaths', ARGV[2]), ARGV[3], 0) end
return 1
""",
)
"""*run*, *id*, *steps*, and 1 where it has come further since it was begun before: its deaths count no more."""

DIED: Final = _script(
    "died",
    """
if not redis.call('ZSCORE', at('open', ARGV[2]), ARGV[3]) then return 0 end
return redis.call('HINCRBY', at('deaths', ARGV[2]), ARGV[3] .. ' alone', 1)
""",
)
"""*run*, *id*: the process that had it alone has died. Returns how often that was."""

END: Final = _script(
    "end",
    """
local run, id = ARGV[2], ARGV[3]
redis.call('HDEL', at('deaths', run), id .. ' alone')
return conclude(run, id, ARGV[4] == '1', ARGV[5]) and 1 or 0
""",
)
"""*run*, *id*, 1 for done, *outcome*. Returns 0 where it had ended before."""

CANCEL: Final = _script(
    "cancel",
    """
local run = ARGV[2]
local about = at('about', run)
if redis.call('EXISTS', about) == 0 then return {'gone'} end
redis.call('HSET', about, 'cancelled', 1)
local ended = 0
-- A scan, because places in an order change while others end what they have.
local cursor, found = unpack(redis.call('ZSCAN', at('open', run), ARGV[4], 'COUNT', 500))
for i = 1, #found, 2 do
  local id = found[i]
  if redis.call('HEXISTS', at('holders', run), id) == 0 and conclude(run, id, false, ARGV[3]) then
    ended = ended + 1
  end
end
return {'cancelled', ended, cursor}
""",
)
"""*run*, the *outcome* of what is not begun, and the *cursor* at which the scan of the open items goes on, at first 0.
Returns ``cancelled``, how many have ended thereby, and the next cursor, 0 in the end; ``gone`` where there is no such
run.
"""

PROGRESS: Final = _script(
    "progress",
    """
local found = {}
local names = {ARGV[2]}
if ARGV[2] == '' then names = redis.call('ZRANGE', at('runs'), 0, -1) end
for _, run in ipairs(names) do
  if redis.call('EXISTS', at('about', run)) == 1 then found[#found + 1] = progress(run) end
end
return found
""",
)
"""*run*, or an empty text for all. Returns of each: its name, its fields, its items, those open, those that a
living process has, and those that have failed.
"""

HOLDERS: Final = _script("holders", "return redis.call('HGETALL', at('holders', ARGV[2]))")
"""*run*. Returns the ids of what is begun and has not ended, each with the process that has it."""

OUTCOMES: Final = _script(
    "outcomes",
    """
local run, first = ARGV[2], tonumber(ARGV[3])
if redis.call('EXISTS', at('about', run)) == 0 then return {'gone'} end
local ids = redis.call('LRANGE', at('ended', run), first, first + 199)
local found, size = {'outcomes', redis.call('ZCARD', at('open', run)), 0}, 0
for place, id in ipairs(ids) do
  if size > 1000000 then break end
  found[3] = place
  local outcome = redis.call('HGET', at('outcomes', run), id)
  if outcome then
    found[#found + 1] = id
    found[#found + 1] = redis.call('HGET', at('items', run), id)
    found[#found + 1] = outcome
    size = size + #outcome
  end
end
return found
""",
)
"""*run*, and the *first* in the order of ends. Returns ``outcomes``, how many items are open, how many ends were looked
at, and of each that still counts its id, its item and its outcome; ``gone`` where there is no such run.
"""

FORGET: Final = _script(
    "forget",
    """
local run = ARGV[2]
local open = redis.call('ZCARD', at('open', run))
if open > 0 then return {'open', open} end
local known = redis.call('ZREM', at('runs'), run)
for _, each in ipairs({'about', 'items', 'open', 'holders', 'deaths', 'steps', 'ended', 'outcomes', 'failed'}) do
  redis.call('UNLINK', at(each, run))
end
return {'forgotten', known}
""",
)
"""*run*. Returns ``forgotten`` and 1 where there was one; ``open`` and how many items are, where some are."""

ACCOUNTS: Final = _script("accounts", "return redis.call('HGETALL', at('accounts'))")
"""Returns how many open items each account has."""

TEND: Final = _script(
    "tend",
    """
if not redis.call('SET', at('tending'), ARGV[2], 'NX', 'PX', ARGV[3]) then return 0 end
return 1
""",
)
"""*process*, *milliseconds*. Returns 1 where nobody else tends to what the engine may have lost, for so long."""

WAITING: Final = _script(
    "waiting",
    """
local run, first = ARGV[2], tonumber(ARGV[3])
local before = exact(now() - tonumber(ARGV[4]))
return redis.call('ZRANGEBYSCORE', at('open', run), '-inf', before, 'LIMIT', first, 500)
""",
)
"""*run*, the *first*, *seconds*. Returns ids of items that have been open for so long."""
