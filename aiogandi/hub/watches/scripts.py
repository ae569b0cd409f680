"""The scripts by which clients tell each other for which operations they wait, and how those have ended.

To watch an operation is to wait for its end. A client's name is that of its process, a dot, and a word of its
own. An operation's name is its id, or, while that is not known, its type and what it works on (see
`operations.guests.WatchKey`).

    watchers:ACCOUNT          the clients that watch anything
    watches:ACCOUNT:CLIENT    the operations that a client watches: when the call of each was answered, and what
                              others must know to poll for it. One field, without a name, says that the client
                              has told all: a hash without fields would not exist
    poller:ACCOUNT            the client that polls for all
    end:ACCOUNT:OPERATION     for an hour, when an operation ended and the notice that told so

What a client tells is told to all, in one piece of news of the kind ``watches`` for each exchange: a line with the
client's name and the time, then a line for each notice, in its order, with tabs between the fields. News of the
kind ``poller`` tell that a client does not poll any more.
"""

from __future__ import annotations

from typing import Final

from aiogandi.hub.scripts import Script

_OURS: Final = """
local account, client = ARGV[2], ARGV[3]
local watchers, mine = name('watchers', account), name('watches', account, client)
local poller = name('poller', account)
local kept = 3600
local function is_here(other) return lives(string.match(other, '^[^.]+')) end
local function who_polls()
  local found = redis.call('GET', poller)
  if found and is_here(found) then return found end
  return ''
end
local lines = {client .. '\\t' .. exact(now())}
local function note(...) lines[#lines + 1] = table.concat({...}, '\\t') end
local function tell_lines()
  if #lines > 1 then tell('watches', account, table.concat(lines, '\\n')) end
end
"""

TELL: Final = Script.of(
    "watch-tell",
    _OURS
    + """
local whole = ARGV[4] == '1'
local lost = 0
if whole then
  redis.call('DEL', mine)
  redis.call('HSET', mine, '', '')
  note('left', '', '', '')
elseif redis.call('EXISTS', mine) == 0 then
  lost = 1
end
if lost == 0 then
  redis.call('SADD', watchers, client)
  redis.call('EXPIRE', watchers, kept)
  redis.call('EXPIRE', mine, kept)
end
local ends = {}
for at = 5, #ARGV, 4 do
  local kind, key, about, text = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  if kind == 'watch' then
    local answered = ''
    if about ~= '' then answered = exact(now() - tonumber(about)) end
    local known = redis.call('HMGET', name('end', account, key), 'at', 'line')
    -- A call that was answered after this end has begun another operation with the same name: a service that began
    -- anew counts from 1 again.
    if known[1] and (answered == '' or tonumber(answered) <= tonumber(known[1])) then
      ends[#ends + 1] = known[2]
      redis.call('HDEL', mine, key)
    elseif lost == 0 then
      redis.call('HSET', mine, key, answered .. '\\t' .. text)
      note(kind, key, answered, text)
    end
  elseif kind == 'unwatch' then
    redis.call('HDEL', mine, key)
    note(kind, key, '', '')
  elseif kind == 'end' or kind == 'stop' then
    local line = table.concat({'end', key, about, text}, '\\t')
    for _, each in ipairs(about == '' and {key} or {key, about}) do
      for _, other in ipairs(redis.call('SMEMBERS', watchers)) do
        redis.call('HDEL', name('watches', account, other), each)
      end
      if kind == 'end' then
        redis.call('HSET', name('end', account, each), 'at', exact(now()), 'line', line)
        redis.call('EXPIRE', name('end', account, each), kept)
      end
    end
    note('end', key, about, text)
  elseif kind == 'fail' then
    for other in string.gmatch(about, '%S+') do
      redis.call('HDEL', name('watches', account, other), key)
    end
    note(kind, key, about, text)
  else
    note(kind, key, about, text)
  end
end
tell_lines()
return {lost, who_polls(), ends}
""",
)
"""A client tells what it watches and what it has learned. Arguments: the *account*, the *client*, *whole* (1: what
it told before does not count any more), and four words for each notice:

- ``watch``, the key, for how many seconds it has run (or nothing), what it is;
- ``unwatch``, the key;
- ``end``, the key, a further one (or nothing), how it has ended; ``stop`` where that may not be the end;
- ``state``, the key, nothing, its details; ``found``, the key, the id;
- ``fail``, the key, the clients whose waits for it fail, the error.

Returns 1 where what it told before was forgotten, so that it must tell all again; who polls; and the notices of
the ends of all that it wants to watch and that has ended already.
"""

ELECT: Final = Script.of(
    "watch-elect",
    _OURS
    + """
local wants = ARGV[4] ~= 'no'
for _, other in ipairs(redis.call('SMEMBERS', watchers)) do
  local theirs = name('watches', account, other)
  if not is_here(other) then
    redis.call('DEL', theirs)
    redis.call('SREM', watchers, other)
  elseif ARGV[4] == 'last' and other ~= client and redis.call('HLEN', theirs) > 1 then
    wants = false
  end
end
local polls = who_polls()
if polls == '' and wants then polls = client end
if polls == client then
  if wants then
    redis.call('SET', poller, client, 'EX', kept)
  else
    redis.call('DEL', poller)
    tell('poller', account, client)
    polls = ''
  end
end
redis.call('EXPIRE', watchers, kept)
redis.call('EXPIRE', mine, kept)
return {polls, exact(now()), redis.call('EXISTS', mine)}
""",
)
"""Elect who polls. Arguments: the *account*, the *client* that asks, and whether it wants to poll: ``yes``, ``no``,
or ``last``, where it wants to if nobody else watches anything. It polls from now on if it wants to and nobody
does, and not any more if it does not want to. What clients of processes have watched that have gone is forgotten.

Returns who polls, what time it is, and 1 where the store knows what the *client* watches.
"""

READ: Final = Script.of(
    "watch-read",
    _OURS
    + """
local found = {exact(now())}
for _, other in ipairs(redis.call('SMEMBERS', watchers)) do
  if other ~= client and is_here(other) then
    found[#found + 1] = {other, redis.call('HGETALL', name('watches', account, other))}
  end
end
return found
""",
)
"""Returns what time it is, and what each client of the *account* watches, but for the *client* that asks."""

LEAVE: Final = Script.of(
    "watch-leave",
    _OURS
    + """
redis.call('DEL', mine)
redis.call('SREM', watchers, client)
note('left', '', '', '')
tell_lines()
if redis.call('GET', poller) == client then
  redis.call('DEL', poller)
  tell('poller', account, client)
end
""",
)
"""A *client* of the *account* watches nothing any more, and does not poll."""
