"""The real scripts in Lua 5.1, on the model of the store's commands, with the conversions of Redis."""

import hashlib
import json
import math

from lupa.lua51 import LuaRuntime, lua_type

from tests.simulation.commands import Failure, Status

MODULES = """
local raw, decoded, encoded, sha, null = ...
local pcall, error, type, rawset, select = pcall, error, type, rawset, select
redis = {
  LOG_DEBUG = 0, LOG_VERBOSE = 1, LOG_NOTICE = 2, LOG_WARNING = 3,
  log = function() end,
  pcall = raw,
  call = function(...)
    local answer = raw(...)
    if type(answer) == 'table' and answer.err then error(answer) end
    return answer
  end,
  error_reply = function(text) return {err = text} end,
  status_reply = function(text) return {ok = text} end,
  sha1hex = sha,
}
server = redis
cjson = {
  null = null, encode = encoded,
  decode = function(text)
    local value = decoded(text)
    if value == nil then error('Expected value but found invalid token') end
    return value
  end,
}
os = {clock = os.clock}
io, require, dofile, loadfile, print, package = nil
local function run(script, keys, arguments)
  rawset(_G, 'KEYS', keys)
  rawset(_G, 'ARGV', arguments)
  local went_well, answer = pcall(script)
  return went_well, answer
end
setmetatable(_G, {
  __index = function(_, name)
    error('Script attempted to access nonexistent global variable \\'' .. name .. '\\'', 2)
  end,
  __newindex = function() error('Attempt to modify a readonly table', 2) end,
})
return run
"""


class Scripts:
    """Runs scripts, each at once, with the *command* of a store, which answers or raises `Failure`."""

    def __init__(self, command):
        self._command = command
        self._lua = lua = LuaRuntime(
            encoding=None, unpack_returned_tuples=True, register_eval=False, register_builtins=False
        )
        self._null = object()
        self._compiled = {}
        self._compile = lua.globals()[b"loadstring"]
        self._broke = None
        self._run = lua.execute(
            MODULES, self._called, self._decoded, self._encoded, _sha, self._null
        )

    def __call__(self, sha, text, keys, words):
        """What a script answers, or `Failure`."""
        script = self._compiled.get(sha)
        if script is None:
            script = self._lua.execute("return loadstring(...)", text.encode())
            if isinstance(script, tuple):
                raise Failure(f"ERR Error compiling script: {script[1].decode()}")
            self._compiled[sha] = script
        went_well, answer = self._run(script, self._table(keys), self._table(words))
        if self._broke is not None:
            broke, self._broke = self._broke, None
            raise broke
        if not went_well:
            told = answer[b"err"] if lua_type(answer) == "table" else b"ERR " + answer
            raise Failure(told.decode("utf-8", "replace"))
        return self._reply(answer)

    def _called(self, *words):
        try:
            return self._value(self._command(*map(_word, words)))
        except Failure as failure:
            return self._lua.table_from({b"err": str(failure).encode()})
        except Exception as broke:
            self._broke = broke  # `pcall` must not hide that the model is wrong
            raise

    # -- from Redis to Lua ---------------------------------------------------------------------

    def _value(self, reply):
        if reply is None:
            return False
        if isinstance(reply, Status):
            return self._lua.table_from({b"ok": bytes(reply)})
        return self._table(reply) if isinstance(reply, list) else reply

    def _table(self, values):
        return self._lua.table_from([self._value(value) for value in values])

    # -- from Lua to Redis ---------------------------------------------------------------------

    def _reply(self, value):
        match value:
            case None | False:
                return None
            case True:
                return 1
            case int() | float():
                return int(value)
            case bytes():
                return value
        if lua_type(value) != "table":
            return None
        if value[b"err"] is not None:
            raise Failure(value[b"err"].decode("utf-8", "replace"))
        if value[b"ok"] is not None:
            return Status(value[b"ok"])
        replies = []
        while (each := value[len(replies) + 1]) is not None:
            replies.append(self._reply(each))
        return replies

    # -- JSON ----------------------------------------------------------------------------------

    def _decoded(self, text):
        try:
            return self._from_json(json.loads(text))
        except ValueError:
            return None

    def _from_json(self, value):
        match value:
            case None:
                return self._null
            case str():
                return value.encode()
            case list():
                return self._lua.table_from([self._from_json(each) for each in value])
            case dict():
                pairs = {name.encode(): self._from_json(each) for name, each in value.items()}
                return self._lua.table_from(pairs)
        return float(value) if isinstance(value, int) and abs(value) > 2**53 else value

    def _encoded(self, value):
        if value is self._null or value is None:
            return b"null"
        match value:
            case bool():
                return b"true" if value else b"false"
            case int() | float():
                return b"%.14g" % value
            case bytes():
                return _quoted(value)
        entries = dict(value.items())
        if entries and all(isinstance(name, int | float) for name in entries):
            items = (self._encoded(value[place + 1]) for place in range(len(entries)))
            return b"[" + b",".join(items) + b"]"
        pairs = (_quoted(_word(name)) + b":" + self._encoded(each) for name, each in value.items())
        return b"{" + b",".join(pairs) + b"}"


def _word(value):
    """What a script gives a command."""
    match value:
        case bytes():
            return value
        case bool():
            pass
        case int():
            return b"%d" % value
        case float():
            return b"%.17g" % value if math.isfinite(value) else str(value).encode()
    raise Failure("ERR Lua redis lib command arguments must be strings or integers")


def _quoted(text):
    told = json.dumps(text.decode("utf-8", "surrogateescape"), ensure_ascii=False)
    return told.replace("/", "\\/").encode("utf-8", "surrogateescape")


def _sha(text):
    return hashlib.sha1(text, usedforsecurity=False).hexdigest().encode()
