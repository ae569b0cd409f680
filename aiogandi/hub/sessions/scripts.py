"""The scripts by which processes share a session and log in once for all.

Everything stands under the fingerprint of an account with its password, so that a process with an old password
neither uses nor disturbs what the others have:

    session:FINGERPRINT    ``mark`` (which sessions are compared by), ``sealed`` (the session's id, encrypted),
                           ``began`` and ``ends`` (empty: never), and the ``process`` that logged in
    login:FINGERPRINT      the token of the login that is under way, and its process; for a lease, which goes on
                           while the process does
    refused:FINGERPRINT    the error of a login that was refused, encrypted, for as long as nobody tries again

The news of the kind ``session`` are ``refused MARK`` (the service refuses this session: use it no more) and
``ended`` (a login is over: look again).
"""

from __future__ import annotations

from typing import Final

from aiogandi.hub.scripts import Script

_HOLDER: Final = """
local about, token = ARGV[2], ARGV[3]
local place, login, refusal = name('session', about), name('login', about), name('refused', about)
-- The token of the login that is under way, and its process.
local function holder()
  return string.match(redis.call('GET', login) or '', '^(%S+) (%S+)$')
end
"""

LOOK: Final = Script.of(
    "session-look",
    _HOLDER
    + """
local unwanted, refused, process, lease = ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local kept = redis.call('HMGET', place, 'mark', 'sealed', 'ends')
if kept[1] and kept[1] == unwanted and refused == '1' then
  redis.call('DEL', place)
  tell('session', about, 'refused ' .. unwanted)
elseif kept[1] and kept[1] ~= unwanted then
  if kept[3] == '' then return {'session', kept[1], kept[2], ''} end
  local left = tonumber(kept[3]) - now()
  if left > 0 then return {'session', kept[1], kept[2], exact(left)} end
end
local stands = redis.call('GET', refusal)
if stands then return {'refused', stands, redis.call('PTTL', refusal)} end
local theirs, who = holder()
-- The caller's own login was taken by an earlier look whose answer did not reach the caller.
local is_own = theirs and string.match(theirs, '^%x+') == string.match(token, '^%x+')
if theirs and not is_own and lives(who) then return {'wait'} end
redis.call('SET', login, token .. ' ' .. process, 'PX', lease)
return {'login'}
""",
)
"""Look for a session. Arguments: the *fingerprint*, the *token* of the login that may follow (who asks, and a
number), the mark of the session that is not wanted, whether the service refused that one (1 or 0), the process,
and its lease in milliseconds. A session that was refused is removed, and no other one.

Returns one of

- ``session``, its mark, its id encrypted, and the seconds that are left (empty: it does not end);
- ``refused``, the error of the refused login, encrypted, and the milliseconds for which nobody tries again;
- ``wait``: another process logs in just now;
- ``login``: the caller is to log in.
"""

KEEP: Final = Script.of(
    "session-keep",
    _HOLDER
    + """
local mark, sealed, lifetime, longest = ARGV[4], ARGV[5], ARGV[7], ARGV[8]
local began = now() - tonumber(ARGV[6])
local holds = holder() == token
if holds then redis.call('DEL', login) end
local stands = redis.call('HGET', place, 'mark')
-- A process that was not heard of for its lease does not replace what another one has made meanwhile.
if holds or not stands or stands == ARGV[10] then
  local ends, left = '', tonumber(longest)
  if lifetime ~= '' then
    ends = began + tonumber(lifetime)
    left = math.min(left, ends - now())
    ends = exact(ends)
  end
  if left > 0 then
    redis.call('DEL', refusal)
    redis.call('HSET', place, 'mark', mark, 'sealed', sealed, 'began', exact(began), 'ends', ends,
      'process', ARGV[9])
    redis.call('PEXPIRE', place, string.format('%.0f', math.ceil(left * 1000)))
  end
end
tell('session', about, 'ended')
""",
)
"""Keep the session that a login has made. Arguments: the *fingerprint*, the *token* of the login, the session's
mark, its id encrypted, how many seconds ago the login began, how many seconds the session lasts (empty: it does
not end), for how many seconds anything is kept at most, the process, and the mark of the session that this one
replaces.
"""

GIVE_UP: Final = Script.of(
    "session-give-up",
    _HOLDER
    + """
local sealed, pause = ARGV[4], tonumber(ARGV[5])
local holds = holder() == token
if holds then redis.call('DEL', login) end
if pause > 0 then redis.call('SET', refusal, sealed, 'PX', pause) end
if holds or pause > 0 then tell('session', about, 'ended') end
""",
)
"""A login has made no session. Arguments: the *fingerprint*, the *token* of the login, and, where the service
refused it, the error, encrypted, and for how many milliseconds nobody tries again (else an empty text and 0).
"""

EXTEND: Final = Script.of(
    "session-extend",
    _HOLDER
    + """
if holder() == token then redis.call('PEXPIRE', login, ARGV[4]) end
""",
)
"""A login goes on. Arguments: the *fingerprint*, its *token*, and for how many milliseconds the others wait."""
