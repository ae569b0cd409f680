"""A model of the commands of Redis 7: of those on keys and strings, and of what all have in common. `fields`,
`ranked` and `streams` have the others.
"""

import fnmatch
import math


class Failure(Exception):
    """The store answers with an error."""


class Status(bytes):
    """A short answer such as ``OK``."""


OK = Status(b"OK")
NO_INTEGER = "ERR value is not an integer or out of range"
NO_FLOAT = "ERR value is not a valid float"
SYNTAX = "ERR syntax error"


def integer(word):
    """The number that a word is."""
    try:
        return int(word)
    except ValueError:
        raise Failure(NO_INTEGER) from None


def real(word, failure=NO_FLOAT):
    """The number that a word is; it may be infinite."""
    try:
        number = float(word)
    except ValueError:
        raise Failure(failure) from None
    if math.isnan(number):
        raise Failure(failure)
    return number


def written(number):
    """How the store writes a number."""
    if math.isinf(number):
        return b"inf" if number > 0 else b"-inf"
    return b"%d" % number if number == int(number) and abs(number) < 1e17 else repr(number).encode()


def cut(length, first, last):
    """The part of something of that *length* from *first* to *last*, both of which may count from its end."""
    first = max(first + length, 0) if first < 0 else first
    last = last + length if last < 0 else last
    return slice(first, last + 1) if last >= 0 else slice(0, 0)


class Commands:
    """What the store has. *clock* tells its time, in seconds."""

    def __init__(self, clock):
        self.clock = clock
        self._values = {}
        self._ends = {}  # in milliseconds of the clock

    def __call__(self, name, *words):
        """What a command answers, or `Failure`."""
        command = getattr(self, f"do_{name.decode().lower()}", None)
        if command is None:
            raise Failure(f"ERR unknown command '{name.decode()}'")
        try:
            return command(*words)
        except TypeError as error:
            if error.__traceback__.tb_next is not None:
                raise  # it is not the number of words that is wrong
        raise Failure(f"ERR wrong number of arguments for '{name.decode()}' command")

    def now(self):
        """The time in milliseconds."""
        return int(self.clock() * 1000)

    # -- what is there -------------------------------------------------------------------------

    def find(self, key, kind):
        """The value of a key, which must be of this kind; None where there is none."""
        value = self._value(key)
        if value is not None and type(value) is not kind:
            raise Failure("WRONGTYPE Operation against a key holding the wrong kind of value")
        return value

    def made(self, key, kind):
        """The value of a key, which is made where there is none."""
        value = self.find(key, kind)
        if value is None:
            value = self._values[key] = kind()
        return value

    def swept(self, key):
        """Remove a key that holds nothing any more."""
        if key in self._values and len(self._values[key]) == 0:
            self._remove(key)

    def without(self, key, kind, members):
        """Remove members of a value; returns how many were there."""
        value = self.find(key, kind) or {}
        gone = sum(value.pop(member, self) is not self for member in members)
        self.swept(key)
        return gone

    def _value(self, key):
        if self._ends.get(key, math.inf) <= self.now():
            self._remove(key)
        return self._values.get(key)

    def _remove(self, key):
        self._ends.pop(key, None)
        return self._values.pop(key, None) is not None

    def _names(self):
        return [key for key in list(self._values) if self._value(key) is not None]

    # -- keys ----------------------------------------------------------------------------------

    def do_del(self, *keys):
        return sum(self._value(key) is not None and self._remove(key) for key in keys)

    do_unlink = do_del

    def do_exists(self, *keys):
        return sum(self._value(key) is not None for key in keys)

    def do_type(self, key):
        return Status(KINDS[type(self._value(key)).__name__])

    def do_expire(self, key, seconds, *options):
        return self._expire(key, self.now() + 1000 * integer(seconds), options)

    def do_pexpire(self, key, milliseconds, *options):
        return self._expire(key, self.now() + integer(milliseconds), options)

    def do_expireat(self, key, seconds, *options):
        return self._expire(key, 1000 * integer(seconds), options)

    def do_pexpireat(self, key, milliseconds, *options):
        return self._expire(key, integer(milliseconds), options)

    def _expire(self, key, ends, options):
        if self._value(key) is None:
            return 0
        before = self._ends.get(key)
        never = math.inf if before is None else before
        holds = {
            b"NX": before is None,
            b"XX": before is not None,
            b"GT": before is not None and ends > before,
            b"LT": ends < never,
        }
        if not all(holds[option.upper()] for option in options):
            return 0
        self._ends[key] = ends
        return 1

    def do_persist(self, key):
        return int(self._value(key) is not None and self._ends.pop(key, None) is not None)

    def do_pttl(self, key):
        if self._value(key) is None:
            return -2
        return self._ends[key] - self.now() if key in self._ends else -1

    def do_ttl(self, key):
        left = self.do_pttl(key)
        return left if left < 0 else (left + 500) // 1000

    def do_pexpiretime(self, key):
        return self._ends.get(key, -1) if self._value(key) is not None else -2

    def do_keys(self, pattern):
        return [key for key in self._names() if fits(key, pattern)]

    def do_scan(self, cursor, *options):
        wanted = dict(zip(map(bytes.upper, options[::2]), options[1::2], strict=True))
        found = self.do_keys(wanted.get(b"MATCH", b"*"))
        if b"TYPE" in wanted:
            found = [key for key in found if self.do_type(key) == wanted[b"TYPE"].lower()]
        return [b"0", found if integer(cursor) == 0 else []]

    def do_dbsize(self):
        return len(self._names())

    def do_flushall(self, *_):
        self._values.clear()
        self._ends.clear()
        return OK

    do_flushdb = do_flushall

    # -- the store itself ----------------------------------------------------------------------

    def do_time(self):
        microseconds = int(self.clock() * 1_000_000)
        return [b"%d" % part for part in divmod(microseconds, 1_000_000)]

    def do_ping(self):
        return Status(b"PONG")

    def do_info(self, *_):
        return b"redis_version:7.2.0\r\nvalkey_version:9.1.2\r\nrole:master\r\naof_enabled:1\r\n"

    def do_config(self, word, *names):
        has = {
            b"appendonly": b"yes",
            b"appendfsync": b"always",
            b"maxmemory": b"0",
            b"maxmemory-policy": b"noeviction",
        }
        if word.upper() != b"GET":
            raise Failure(SYNTAX)
        return [part for name in names if name in has for part in (name, has[name])]

    def do_waitaof(self, local, *_):
        return [integer(local), 0]

    # -- strings -------------------------------------------------------------------------------

    def do_get(self, key):
        return self.find(key, bytes)

    def do_mget(self, *keys):
        values = map(self._value, keys)
        return [value if isinstance(value, bytes) else None for value in values]

    def do_set(self, key, value, *options):
        options = list(map(bytes.upper, options))
        there, before = self._value(key) is not None, None
        if b"GET" in options:
            before = self.find(key, bytes)
        if (b"NX" in options and there) or (b"XX" in options and not there):
            return before
        ends = None
        for word, unit, since in (
            (b"PX", 1, self.now()),
            (b"EX", 1000, self.now()),
            (b"PXAT", 1, 0),
            (b"EXAT", 1000, 0),
        ):
            if word in options:
                ends = since + unit * integer(options[options.index(word) + 1])
        if ends is not None and ends <= 0:
            raise Failure("ERR invalid expire time in 'set' command")
        self._values[key] = value
        if ends is not None:
            self._ends[key] = ends
        elif b"KEEPTTL" not in options:
            self._ends.pop(key, None)
        return before if b"GET" in options else OK

    def do_setnx(self, key, value):
        return int(self.do_set(key, value, b"NX") is not None)

    def do_psetex(self, key, milliseconds, value):
        return self.do_set(key, value, b"PX", milliseconds)

    def do_getdel(self, key):
        value = self.find(key, bytes)
        self._remove(key)
        return value

    def do_incrby(self, key, number):
        value = integer(self.find(key, bytes) or b"0") + integer(number)
        self._values[key] = b"%d" % value
        return value

    def do_incr(self, key):
        return self.do_incrby(key, b"1")

    def do_decr(self, key):
        return self.do_incrby(key, b"-1")


KINDS = {
    "NoneType": b"none",
    "bytes": b"string",
    "dict": b"hash",
    "Members": b"set",
    "Items": b"list",
    "Scores": b"zset",
    "Entries": b"stream",
}


def fits(name, pattern):
    """Whether a name fits a pattern such as ``prefix:*``."""
    return fnmatch.fnmatchcase(name.decode("latin-1"), pattern.decode("latin-1"))
