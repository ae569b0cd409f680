"""What the journal's scripts share, and where they keep what.

Everything of an account stands under ``prefix:journal:ACCOUNT``, but for the account's own name. Times are by the
store's clock, and a client's clock where it has sent them is translated when they are written.

    call:N        a call's fields. Clients make and read them as texts; scripts only compare some
    open          the calls whose outcome is not known, by when they began
    left          the calls that nobody has concluded: the open ones, and those that have begun something; but for
                  those of brief clients
    due           calls that can be removed, by when: those of brief clients when nothing of them can appear any
                  more, and those that did not run when their clients have forgotten them
    claims        whose an operation is: by its kind and number, the call, its client and its method
    claimed       the same operations, by when they were claimed
    client:N      a client: ``told`` (what it is called), ``process`` (until it has left as it should), ``holder``
                  (who sees to its calls outside of keys), ``calls`` (how many there are)
    clients       the clients of which something is kept
    keys          the number of a key, by "run:words"
    key:N         a key's fields. ``lock`` is "process:token" of who holds it, ``holder`` what that one is called
    steps:N       the calls under a key, by step
    kept:N        what is left of the steps of a concluded key, by step
    of:R          the keys of a run
    runs, run:R   the number of a run by its name, and its name

Beside them ``prefix:journal`` has the last number that was given to a client, a key and a run, and
``prefix:journal-accounts`` what each account's name in the store stands for.

A *brief* client has no journal: nothing of its calls is kept for `Gandi.recover`. A client's ``holder`` and a key's
``lock`` begin with a process, and count as long as that lives. The state of a call is that of `changes.state`.
"""

from __future__ import annotations

from typing import Final

from aiogandi.hub.scripts import Script

_JOURNAL: Final = """
local account = ARGV[2]
local function at(...) return name('journal', account, ...) end
-- States in which it is not known whether the call ran, and those in which it has begun something.
local OPEN = {sent = true, lost = true, unknown = true}
local BEGAN = {answered = true, adopted = true}

-- The next number of a client, a key or a run. It is at least the time in milliseconds, so that a store that was
-- emptied gives no number again.
local function number_of_a(thing)
  local numbers = name('journal')
  local last = tonumber(redis.call('HGET', numbers, thing) or '0')
  local number = string.format('%.0f', math.max(last + 1, math.floor(now() * 1000)))
  redis.call('HSET', numbers, thing, number)
  return number
end

-- Whether the process of a holder lives.
local function is_alive(holder)
  return holder and lives(string.match(holder, '^[^:]*')) or false
end
-- For how many milliseconds a holder that is there still counts as there: more than before, when it has been heard of
-- again, and 1 at the end of the last one. Nothing, where it is of the process that asks.
local function heard(holder, asks)
  local process = string.match(holder, '^[^:]*')
  if process == string.match(asks, '^[^:]*') then return 0 end
  return math.max(redis.call('PTTL', name('here', process)), 1)
end
-- What the holder of a key is called; nil where nobody holds it.
local function holder_of(key)
  local found = redis.call('HMGET', at('key', key), 'lock', 'holder')
  if is_alive(found[1]) then return found[2] or '' end
  return nil
end
-- Whether the lock of a key is not this token any more. A caller without a token does not say that it holds it.
local function is_lost(key, token)
  return token ~= '' and redis.call('HGET', at('key', key), 'lock') ~= token
end
-- What a script returns to a caller that has lost its key.
local function lost(key) return {'lost', holder_of(key) or ''} end

-- Enter a call into the indexes in which it belongs in this state, and no others.
local function list(number, state, since, key, brief)
  if OPEN[state] then
    redis.call('ZADD', at('open'), since, number)
  else
    redis.call('ZREM', at('open'), number)
  end
  if not brief and (OPEN[state] or BEGAN[state]) then
    redis.call('ZADD', at('left'), since, number)
  else
    redis.call('ZREM', at('left'), number)
  end
  if state == 'absent' and not (key or brief) then
    redis.call('ZADD', at('due'), exact(now() + 3600), number)
  end
end
-- Give a call a state.
local function mark(number, state)
  redis.call('HSET', at('call', number), 'state', state)
  local found = redis.call('HMGET', at('call', number), 'key', 'since', 'brief')
  list(number, state, found[2], found[1], found[3])
end
-- Remove a call. Its claims stay until they are old.
local function remove(number)
  local call = at('call', number)
  local found = redis.call('HMGET', call, 'key', 'step', 'client')
  if not found[3] then return end
  if found[1] and redis.call('HGET', at('steps', found[1]), found[2]) == number then
    redis.call('HDEL', at('steps', found[1]), found[2])
  end
  redis.call('DEL', call)
  for _, index in ipairs({'open', 'left', 'due'}) do redis.call('ZREM', at(index), number) end
  if redis.call('EXISTS', at('client', found[3])) == 1 then
    redis.call('HINCRBY', at('client', found[3]), 'calls', -1)
  end
end

-- A call as clients read it, with what they need of its client and its key; nil where there is none.
local function row(number)
  local found = redis.call('HGETALL', at('call', number))
  if #found == 0 then return nil end
  local its = redis.call('HMGET', at('call', number), 'key', 'client')
  local function add(field, value)
    if value then
      found[#found + 1] = field
      found[#found + 1] = value
    end
  end
  add('number', number)
  add('process', redis.call('HGET', at('client', its[2]), 'process'))
  if its[1] then
    add('words', redis.call('HGET', at('key', its[1]), 'key'))
    local run = redis.call('HGET', at('key', its[1]), 'run')
    if run then add('run_name', redis.call('HGET', at('run', run), 'name')) end
  end
  return found
end
local function rows_of(numbers)
  local rows = {}
  for _, number in ipairs(numbers) do
    local found = row(number)
    if found then rows[#rows + 1] = found end
  end
  return rows
end

-- The call that has claimed an operation, its client and its method; nil where none has.
local function claimant(kind_and_number)
  local claim = redis.call('HGET', at('claims'), kind_and_number)
  if not claim then return nil end
  return string.match(claim, '^(%S+) (%S+) (%S+)$')
end
-- Claim operations for a call, all of these names or none of them, and note its ids and its state. Returns false where
-- one of them is another call's, or where the call has another operation. A call that is forgotten claims nothing.
local function enter(number, names, state, ids, id)
  local call = at('call', number)
  local known = redis.call('HMGET', call, 'id', 'client', 'method')
  if not known[2] then return true end
  if id ~= '' and known[1] and known[1] ~= id then return false end
  for _, each in ipairs(names) do
    local other = claimant(each)
    if other and other ~= number then return false end
  end
  for _, each in ipairs(names) do
    if not claimant(each) then
      redis.call('HSET', at('claims'), each, number .. ' ' .. known[2] .. ' ' .. known[3])
      redis.call('ZADD', at('claimed'), exact(now()), each)
      redis.call('HSET', call, 'names', (redis.call('HGET', call, 'names') or '') .. each .. ' ')
    end
  end
  redis.call('HSET', call, 'ids', ids)
  if id ~= '' then redis.call('HSET', call, 'id', id) else redis.call('HDEL', call, 'id') end
  redis.call('HDEL', call, 'patience')
  mark(number, state)
  return true
end
-- Whose the first of these operations is that is another call's: method, key and client; nil where none is.
local function owner_of(names, number)
  for _, each in ipairs(names) do
    local other, client, method = claimant(each)
    if other and other ~= number then
      local key = redis.call('HGET', at('call', other), 'key')
      local words = key and redis.call('HGET', at('key', key), 'key') or ''
      return {method, words, redis.call('HGET', at('client', client), 'told') or ''}
    end
  end
  return nil
end

-- Forget claims that no open call can ask for: a call looks for operations that are newer than the newest one of a
-- minute before it left, so it never asks for one that was claimed an hour before the oldest open call began. A
-- thousand at once at most, so that no other script waits for long.
local function forget_claims()
  local oldest = redis.call('ZRANGE', at('open'), 0, 0, 'WITHSCORES')
  local before = now()
  if oldest[2] then before = math.min(before, tonumber(oldest[2])) end
  local range = '(' .. exact(before - 3600)
  for _, each in ipairs(redis.call('ZRANGEBYSCORE', at('claimed'), '-inf', range, 'LIMIT', 0, 1000)) do
    redis.call('HDEL', at('claims'), each)
    redis.call('ZREM', at('claimed'), each)
  end
end
-- The calls of which somebody still finds out, or waits to hear, what they have begun: since when, and whose.
local function sought()
  local found = {}
  for _, number in ipairs(redis.call('ZRANGE', at('open'), 0, -1)) do
    local its = redis.call('HMGET', at('call', number), 'state', 'since', 'client', 'brief')
    local process = redis.call('HGET', at('client', its[3] or ''), 'process')
    if its[1] ~= 'unknown' and (not its[4] or (process and lives(process))) then
      found[#found + 1] = {tonumber(its[2]), its[3]}
    end
  end
  return found
end
-- Remove the calls that are due, a hundred at once at most.
local function forget_calls()
  local seekers = nil
  -- Whether another client would take what this call has begun for its own, if it did not know of it.
  local function is_missed(number, client)
    seekers = seekers or sought()
    local its = redis.call('HMGET', at('call', number), 'patience', 'sent', 'timeout', 'settle')
    local until_then = tonumber(its[1] or ((its[2] or 0) + (its[3] or 0) + (its[4] or 0)))
    for _, each in ipairs(seekers) do
      if each[1] <= until_then and each[2] ~= client then return true end
    end
    return false
  end
  for _, number in ipairs(redis.call('ZRANGEBYSCORE', at('due'), '-inf', exact(now()), 'LIMIT', 0, 100)) do
    local found = redis.call('HMGET', at('call', number), 'client', 'state', 'brief')
    local process = redis.call('HGET', at('client', found[1] or ''), 'process')
    if not found[3] and found[2] ~= 'absent' then
      redis.call('ZREM', at('due'), number) -- it was sent again
    elseif process and lives(process) and not (found[3] and found[2] == 'unknown') then
      redis.call('ZADD', at('due'), exact(now() + 60), number) -- its client sees to it
    elseif found[3] and is_missed(number, found[1]) then
      redis.call('ZADD', at('due'), exact(now() + 1), number)
    else
      remove(number)
    end
  end
end
"""


def script(name: str, body: str) -> Script:
    """A script of the journal. ``ARGV[2]`` is the account, and what its *body* is given begins with
    ``ARGV[3]``.
    """
    return Script.of(f"journal-{name}", _JOURNAL + body)
