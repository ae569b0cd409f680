"""A model of the commands of Redis 7 on hashes, sets and lists."""

from tests.simulation.commands import OK, Commands, Failure, cut, integer


class Members(dict):
    """A set, in the order in which its members came."""


class Items(list):
    """A list."""


class FieldCommands(Commands):
    """What the store has in hashes, sets and lists."""

    # -- hashes --------------------------------------------------------------------------------

    def do_hset(self, key, *pairs):
        if not pairs or len(pairs) % 2:
            raise Failure("ERR wrong number of arguments for 'hset' command")
        fields = self.made(key, dict)
        before = len(fields)
        fields.update(zip(pairs[::2], pairs[1::2], strict=True))
        return len(fields) - before

    def do_hmset(self, key, *pairs):
        self.do_hset(key, *pairs)
        return OK

    def do_hsetnx(self, key, field, value):
        there = self.do_hexists(key, field)
        return 0 if there else self.do_hset(key, field, value)

    def do_hget(self, key, field):
        return (self.find(key, dict) or {}).get(field)

    def do_hmget(self, key, *fields):
        found = self.find(key, dict) or {}
        return [found.get(field) for field in fields]

    def do_hgetall(self, key):
        return [part for pair in (self.find(key, dict) or {}).items() for part in pair]

    def do_hkeys(self, key):
        return list(self.find(key, dict) or ())

    def do_hvals(self, key):
        return list((self.find(key, dict) or {}).values())

    def do_hlen(self, key):
        return len(self.find(key, dict) or ())

    def do_hexists(self, key, field):
        return int(field in (self.find(key, dict) or ()))

    def do_hdel(self, key, *fields):
        return self.without(key, dict, fields)

    def do_hincrby(self, key, field, number):
        try:
            value = int(self.do_hget(key, field) or 0) + integer(number)
        except ValueError:
            raise Failure("ERR hash value is not an integer") from None
        self.made(key, dict)[field] = b"%d" % value
        return value

    # -- sets ----------------------------------------------------------------------------------

    def do_sadd(self, key, *members):
        there = self.made(key, Members)
        before = len(there)
        there.update(dict.fromkeys(members))
        return len(there) - before

    def do_srem(self, key, *members):
        return self.without(key, Members, members)

    def do_smembers(self, key):
        return list(self.find(key, Members) or ())

    def do_sismember(self, key, member):
        return int(member in (self.find(key, Members) or ()))

    def do_scard(self, key):
        return len(self.find(key, Members) or ())

    # -- lists ---------------------------------------------------------------------------------

    def do_rpush(self, key, *items):
        there = self.made(key, Items)
        there.extend(items)
        return len(there)

    def do_lpush(self, key, *items):
        there = self.made(key, Items)
        there[:0] = reversed(items)
        return len(there)

    def do_lpop(self, key):
        return self._pop(key, 0)

    def do_rpop(self, key):
        return self._pop(key, -1)

    def _pop(self, key, place):
        there = self.find(key, Items)
        item = there.pop(place) if there else None
        self.swept(key)
        return item

    def do_llen(self, key):
        return len(self.find(key, Items) or ())

    def do_lindex(self, key, place):
        there, place = self.find(key, Items) or (), integer(place)
        return there[place] if -len(there) <= place < len(there) else None

    def do_lrange(self, key, first, last):
        there = self.find(key, Items) or []
        return list(there[cut(len(there), integer(first), integer(last))])

    def do_ltrim(self, key, first, last):
        there = self.find(key, Items)
        if there is not None:
            there[:] = there[cut(len(there), integer(first), integer(last))]
            self.swept(key)
        return OK

    def do_lrem(self, key, count, item):
        there, count = self.find(key, Items) or [], integer(count)
        places = [place for place, each in enumerate(there) if each == item]
        places = places[count:] if count < 0 else places[: count or None]
        for place in reversed(places):
            del there[place]
        self.swept(key)
        return len(places)
