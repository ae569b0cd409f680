"""What is done in the store for sessions. Under the fingerprint of an account with its password stand the
session (``session``), the process that logs in (``login``), and a refused login (``refused``).
"""

from __future__ import annotations

from typing import Final

from aiogandi.hub.scripts import Script

_HOLDER: Final = """
local about, token = ARGV[2], ARGV[3]
local place, login, refusal = name('session', about), name('login', about), name('refused', about)
-- The token of the login that is under way, and the process that makes it.
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
-- What is the caller's own was taken by a look whose answer it has not got.
local is_own = theirs and string.match(theirs, '^%x+') == string.match(token, '^%x+')
if theirs and not is_own and lives(who) then return {'wait'} end
redis.call('SET', login, token .. ' ' .. process, 'PX', lease)
return {'login'}
""",
)
"""Look for a session for *fingerprint*: arguments are the *token* of the login that may follow, the mark of
the session that is not wanted, whether that was refused (1 or 0), the process and its lease in
milliseconds. Exactly the one that was refused is removed. A token is who makes it, and a number.

Returns the session (mark, sealed, and the seconds left, empty where it does not end), or the refused login
that stands (sealed, milliseconds left), or that one waits for the login of another, or that the login is the
caller's.
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
-- Who was away for longer than its lease leaves alone what another has made meanwhile.
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
"""Keep the session that the login of *token* has made: *mark*, *sealed*, how many seconds ago the login
began, and how many it lasts (empty: it does not end), the longest that anything is kept, the process, and
the mark of the session that it was made instead of.
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
"""The login of *token* has made no session. Where it was refused, *sealed* tells so for a *pause* of so many
milliseconds.
"""

EXTEND: Final = Script.of(
    "session-extend",
    _HOLDER
    + """
if holder() == token then redis.call('PEXPIRE', login, ARGV[4]) end
""",
)
"""The login of *token* goes on: it is waited for so many milliseconds more."""
