"""A model of the commands of Redis 7 on sorted sets."""

from tests.simulation.commands import SYNTAX, Commands, Failure, cut, integer, real, written

NO_BOUND = "ERR min or max is not a float"


class Scores(dict):
    """A sorted set: the score of each member."""

    def ranked(self):
        """Members and scores, the lowest first, and equal ones by their bytes."""
        return sorted(self.items(), key=lambda pair: (pair[1], pair[0]))


class RankedCommands(Commands):
    """What the store has in sorted sets."""

    def do_zadd(self, key, *words):
        options = []
        words = list(words)
        while words and words[0].upper() in (b"NX", b"XX", b"GT", b"LT", b"CH", b"INCR"):
            options.append(words.pop(0).upper())
        if not words or len(words) % 2:
            raise Failure(SYNTAX)
        pairs = [
            (real(score), member) for score, member in zip(words[::2], words[1::2], strict=True)
        ]
        scores = self.made(key, Scores)
        added = changed = 0
        told = None
        for score, member in pairs:
            before = scores.get(member)
            if b"INCR" in options:
                score += before or 0.0  # noqa: PLW2901 - by how much it grows
            if before is None and b"XX" in options:
                continue
            if before is not None and (
                b"NX" in options
                or (b"GT" in options and score <= before)
                or (b"LT" in options and score >= before)
            ):
                continue
            added += before is None
            changed += before is not None and before != score
            scores[member] = score
            told = written(score)
        self.swept(key)
        if b"INCR" in options:
            return told
        return added + changed * (b"CH" in options)

    def do_zincrby(self, key, number, member):
        return self.do_zadd(key, b"INCR", number, member)

    def do_zrem(self, key, *members):
        return self.without(key, Scores, members)

    def do_zscore(self, key, member):
        score = (self.find(key, Scores) or {}).get(member)
        return None if score is None else written(score)

    def do_zmscore(self, key, *members):
        return [self.do_zscore(key, member) for member in members]

    def do_zcard(self, key):
        return len(self.find(key, Scores) or ())

    def do_zrank(self, key, member):
        members = [each for each, _ in self._ranked(key)]
        return members.index(member) if member in members else None

    def do_zcount(self, key, lowest, highest):
        return len(self._between(key, lowest, highest))

    def do_zrange(self, key, first, last, *options):
        words = [option.upper() for option in options]
        if b"BYSCORE" in words:
            if b"REV" in words:
                first, last = last, first
            found = self._between(key, first, last)
            found = found[::-1] if b"REV" in words else found
            return _told(_limited(found, words), words)
        found = self._ranked(key)
        found = found[::-1] if b"REV" in words else found
        return _told(found[cut(len(found), integer(first), integer(last))], words)

    def do_zrevrange(self, key, first, last, *options):
        return self.do_zrange(key, first, last, b"REV", *options)

    def do_zrangebyscore(self, key, lowest, highest, *options):
        return self.do_zrange(key, lowest, highest, b"BYSCORE", *options)

    def do_zrevrangebyscore(self, key, highest, lowest, *options):
        return self.do_zrange(key, highest, lowest, b"BYSCORE", b"REV", *options)

    def do_zremrangebyscore(self, key, lowest, highest):
        found = self._between(key, lowest, highest)
        return self.do_zrem(key, *(member for member, _ in found)) if found else 0

    def do_zremrangebyrank(self, key, first, last):
        found = self.do_zrange(key, first, last)
        return self.do_zrem(key, *found) if found else 0

    def do_zpopmin(self, key, count=b"1"):
        return self._popped(key, self._ranked(key)[: integer(count)])

    def do_zpopmax(self, key, count=b"1"):
        return self._popped(key, self._ranked(key)[::-1][: integer(count)])

    def _popped(self, key, found):
        self.do_zrem(key, *(member for member, _ in found))
        return _told(found, [b"WITHSCORES"])

    def _ranked(self, key):
        scores = self.find(key, Scores)
        return scores.ranked() if scores else []

    def _between(self, key, lowest, highest):
        low, above = _bound(lowest)
        high, below = _bound(highest)
        return [
            (member, score)
            for member, score in self._ranked(key)
            if (score > low or (score == low and not above))
            and (score < high or (score == high and not below))
        ]


def _bound(word):
    """A bound of scores, and whether it is itself outside."""
    return (real(word[1:], NO_BOUND), True) if word[:1] == b"(" else (real(word, NO_BOUND), False)


def _limited(found, words):
    if b"LIMIT" not in words:
        return found
    place = words.index(b"LIMIT")
    first, number = integer(words[place + 1]), integer(words[place + 2])
    return found[first:] if number < 0 else found[first : first + number]


def _told(found, words):
    if b"WITHSCORES" not in words:
        return [member for member, _ in found]
    return [part for member, score in found for part in (member, written(score))]
