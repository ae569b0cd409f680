"""A model of the commands of Redis 7 on streams."""

import bisect
import math

from tests.simulation.commands import Commands, Failure, integer

NO_ID = "ERR Invalid stream ID specified as stream command argument"

TRIMMED = 100
"""So many entries beyond its bound a stream may have that is trimmed about there."""


class Entries(list):
    """A stream: pairs of an id and fields, of which the latest id was *last*."""

    last = (0, 0)


class StreamCommands(Commands):
    """What the store has in streams. *tell* is called when something was added to one."""

    def tell(self):
        """Nobody listens."""

    def do_xadd(self, key, *words):
        words = list(words)
        most = None
        if words[0].upper() == b"MAXLEN":
            most = words[1:3] if words[1] in (b"~", b"=") else [b"=", words[1]]
            del words[: 3 if words[1] in (b"~", b"=") else 2]
        number, *fields = words
        if not fields or len(fields) % 2:
            raise Failure("ERR wrong number of arguments for 'xadd' command")
        entries = self.made(key, Entries)
        if number == b"*":
            now, (last, count) = self.now(), entries.last
            number = (now, 0) if now > last else (last, count + 1)
        else:
            number = _id(number, 0)
            if number <= entries.last:
                raise Failure(
                    "ERR The ID specified in XADD is equal or smaller than the target stream top item"
                )
        entries.append((number, fields))
        entries.last = number
        if most is not None:
            self._trim(entries, *most)
        self.tell()
        return _name(number)

    def do_xtrim(self, key, _, *most):
        entries = self.find(key, Entries)
        if entries is None:
            return 0
        return self._trim(entries, *(most if len(most) > 1 else (b"=", *most)))

    def _trim(self, entries, how, most):
        over = len(entries) - integer(most)
        if over < (TRIMMED if how == b"~" else 1):
            return 0
        del entries[:over]
        return over

    def do_xlen(self, key):
        return len(self.find(key, Entries) or ())

    def do_xrange(self, key, first, last, *options):
        entries = self._within(key, first, last)
        return [_entry(each) for each in _counted(entries, options)]

    def do_xrevrange(self, key, last, first, *options):
        entries = self._within(key, first, last)[::-1]
        return [_entry(each) for each in _counted(entries, options)]

    def do_xdel(self, key, *numbers):
        entries = self.find(key, Entries)
        wanted = {_id(number, 0) for number in numbers}
        gone = [each for each in entries or () if each[0] in wanted]
        for each in gone:
            entries.remove(each)
        return len(gone)

    def do_xread(self, *words):
        words = list(words)
        place = [word.upper() for word in words].index(b"STREAMS")
        streams = words[place + 1 :]
        found = []
        for key, last in zip(
            streams[: len(streams) // 2], streams[len(streams) // 2 :], strict=True
        ):
            entries = self.find(key, Entries) or Entries()
            after = entries.last if last == b"$" else _id(last, 0)
            new = entries[bisect.bisect_right(entries, after, key=lambda each: each[0]) :]
            if new:
                found.append([key, [_entry(each) for each in _counted(new, words[:place])]])
        return found or None

    def _within(self, key, first, last):
        low = (0, 0) if first == b"-" else _id(first, 0)
        high = (math.inf, 0) if last == b"+" else _id(last, math.inf)
        return [each for each in self.find(key, Entries) or () if low <= each[0] <= high]


def _counted(entries, options):
    words = [option.upper() for option in options]
    return entries[: integer(words[words.index(b"COUNT") + 1])] if b"COUNT" in words else entries


def _id(word, count):
    """The number of an entry, where *count* stands for what is left out."""
    time, _, second = word.partition(b"-")
    try:
        return int(time), int(second) if second else count
    except ValueError:
        raise Failure(NO_ID) from None


def _name(number):
    return b"%d-%d" % number


def _entry(entry):
    number, fields = entry
    return [_name(number), list(fields)]
