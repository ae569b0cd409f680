"""The simulator's model of the store answers as a real one does."""

import random
import time

import pytest
import redis

from tests.simulation.commands import Failure
from tests.simulation.scripts import Scripts
from tests.simulation.store import AllCommands

IN_NO_ORDER = {"SMEMBERS", "HGETALL", "HKEYS", "HVALS", "KEYS"}

ANY = "return redis.call(unpack(ARGV))"

BODIES = {
    "numbers are cut": "return {1.9, -1.9, 3, '3.5', tonumber('7')}",
    "a list ends at nil": "return {1, nil, 3}",
    "true and false": "return {true, false, 1}",
    "nothing": "local x = 1",
    "a status": "return redis.call('SET', KEYS[1], 'x')",
    "a status of its own": "return redis.status_reply('FINE')",
    "an error of its own": "return redis.error_reply('HUBREPLACED it was')",
    "an error of a command": "return redis.call('HGET', KEYS[1])",
    "a caught error": "return {redis.pcall('LPUSH', KEYS[1], 'x') ~= nil}",
    "a missing value is false": "return redis.call('GET', KEYS[1] .. 'no') == false",
    "a whole number as a word": "redis.call('SET', KEYS[1], 2^53) return redis.call('GET', KEYS[1])",
    "a number in a text": "return {1800000000.123456 .. '', tostring(2^53), 3 .. '', 0.1 .. ''}",
    "a number with six places": "return string.format('%.6f', 1800000000.1234567)",
    "a boolean as a word": "return redis.call('SET', KEYS[1], true)",
    "JSON": "return cjson.encode({1, 2.5, 'a/\"', {}, {a = cjson.decode('[null, true]')}})",
    "JSON is read": "return cjson.decode(ARGV[1]).a[2]",
    "JSON cannot be read": "return cjson.decode('nonsense')",
    "a global that is not there": "return foo",
    "a global that is made": "foo = 1",
    "what is no Lua": "return return",
    "the time": "return #redis.call('TIME')",
    "a sum": "return redis.sha1hex(KEYS[1])",
    "sorted": "local t = {3, 1, 2} table.sort(t) return t",
}


def of_strings(rng, key):
    word = rng.choice(("GET", "SET", "SETNX", "INCR", "INCRBY", "MGET", "GETDEL"))
    number = rng.choice(("1", "-5", "17", "x"))
    if word == "SET":
        options = rng.choice(
            ((), ("NX",), ("XX",), ("GET",), ("PX", 10**7), ("NX", "EX", 9999), ("KEEPTTL",))
        )
        return word, key, number, *options
    if word in ("INCRBY", "SETNX"):
        return word, key, rng.choice((number, "0.1", "1e3"))
    return word, key


def of_hashes(rng, key):
    word = rng.choice(
        (
            *("HSET", "HSET", "HGET", "HMGET", "HDEL", "HGETALL", "HKEYS", "HVALS", "HLEN"),
            *("HEXISTS", "HINCRBY", "HSETNX"),
        )
    )
    field = rng.choice(("a", "b", "c"))
    if word in ("HSET", "HINCRBY", "HSETNX"):
        return word, key, field, rng.choice(("1", "2", "x", "0.3"))
    if word in ("HGETALL", "HKEYS", "HVALS", "HLEN"):
        return word, key
    return (word, key, field, "b") if word in ("HMGET", "HDEL") else (word, key, field)


def of_sets(rng, key):
    word = rng.choice(("SADD", "SADD", "SREM", "SMEMBERS", "SISMEMBER", "SCARD"))
    members = [rng.choice(("m1", "m2", "m3")) for _ in range(1 + (word in ("SADD", "SREM")))]
    return (word, key) if word in ("SMEMBERS", "SCARD") else (word, key, *members)


def of_sorted_sets(rng, key):
    score = rng.choice(("1", "2", "2", "3.25", "1800000000.123456", "-inf"))
    member = rng.choice(("m1", "m2", "m3", "m4"))
    bounds = sorted(
        (rng.choice(("-inf", "1", "(1", "2", "(2", "3.5", "+inf")) for _ in range(2)),
        key=lambda bound: float(bound.strip("(")),
    )
    places = rng.randint(-4, 4), rng.randint(-4, 4)
    with_scores = rng.choice(((), ("WITHSCORES",)))
    limit = rng.choice(((), ("LIMIT", rng.randint(0, 2), rng.choice((-1, 0, 1, 5)))))
    return rng.choice(
        (
            (
                "ZADD",
                key,
                *rng.choice(((), ("NX",), ("XX", "CH"), ("GT",), ("LT",))),
                score,
                member,
            ),
            ("ZADD", key, score, member, "4", "m4"),
            ("ZINCRBY", key, "0.5", member),
            ("ZREM", key, member),
            ("ZSCORE", key, member),
            ("ZRANK", key, member),
            ("ZCARD", key),
            ("ZCOUNT", key, *bounds),
            ("ZRANGE", key, *places, *with_scores),
            ("ZRANGE", key, *bounds, "BYSCORE", *limit, *with_scores),
            ("ZRANGE", key, *bounds[::-1], "BYSCORE", "REV", *limit),
            ("ZRANGEBYSCORE", key, *bounds, *with_scores, *limit),
            ("ZREVRANGE", key, *places),
            ("ZREVRANGEBYSCORE", key, *bounds[::-1], *limit),
            ("ZREMRANGEBYSCORE", key, *bounds),
            ("ZREMRANGEBYRANK", key, *places),
            ("ZPOPMIN", key),
        )
    )


def of_lists(rng, key):
    item, places = rng.choice("abc"), (rng.randint(-3, 3), rng.randint(-3, 3))
    return rng.choice(
        (
            ("RPUSH", key, item, "d"),
            ("LPUSH", key, item, "e"),
            ("LPOP", key),
            ("RPOP", key),
            ("LLEN", key),
            ("LINDEX", key, places[0]),
            ("LRANGE", key, *places),
            ("LTRIM", key, *places),
            ("LREM", key, rng.randint(-2, 2), item),
        )
    )


def of_streams(rng, key):
    number, bounds = (
        f"{rng.randint(1, 9)}-{rng.randint(1, 9)}",
        rng.choice((("-", "+"), ("3", "6"))),
    )
    return rng.choice(
        (
            ("XADD", key, number, "kind", "k"),
            ("XADD", key, "MAXLEN", "3", f"{number}0", "kind", "k", "text", ""),
            ("XLEN", key),
            ("XRANGE", key, *bounds),
            ("XREVRANGE", key, *bounds[::-1], "COUNT", 1),
            ("XREAD", "COUNT", 2, "STREAMS", key, number),
            ("XDEL", key, number),
        )
    )


def of_all(rng, key):
    return rng.choice(
        (
            ("DEL", key),
            ("EXISTS", key, key),
            ("TYPE", key),
            ("PEXPIREAT", key, rng.choice((1, 4 * 10**12, 5 * 10**12)), *rng.choice(((), ("GT",)))),
            ("PEXPIRETIME", key),
            ("PERSIST", key),
            ("EXPIREAT", key, 10**10, "NX"),
        )
    )


GROUPS = (of_strings, of_hashes, of_sets, of_sorted_sets, of_lists, of_streams)


class Real:
    """A real store, as it answers."""

    def __init__(self, url):
        self._client = redis.Redis.from_url(url, protocol=2)
        self._client.response_callbacks.clear()

    def command(self, *words):
        return self._answer(*words)

    def script(self, body, keys, words):
        return self._answer("EVAL", body, len(keys), *keys, *words)

    def _answer(self, *words):
        try:
            return self._client.execute_command(*words)
        except redis.ResponseError as error:
            return error

    def close(self):
        self._client.close()


class Model:
    """The model."""

    def __init__(self):
        self._commands = AllCommands(time.time)
        self._scripts = Scripts(self._commands)

    def command(self, *words):
        try:
            return self._commands(*(str(word).encode() for word in words))
        except Failure as failure:
            return failure

    def script(self, body, keys, words):
        texts = ([str(word).encode() for word in each] for each in (keys, words))
        try:
            return self._scripts(body, body, *texts)
        except Failure as failure:
            return failure


@pytest.fixture
def both(shared_store):
    real = Real(shared_store)
    yield real, Model()
    real.close()


def comparable(words, answer):
    """An answer without what may differ: the order where there is none, and the wording of errors."""
    if isinstance(answer, Exception):
        return "HUBREPLACED" if "HUBREPLACED" in str(answer) else "error"
    if words[0] == "HGETALL" and answer:
        return sorted(zip(answer[::2], answer[1::2], strict=True))
    return sorted(answer) if words[0] in IN_NO_ORDER else answer


@pytest.mark.parametrize("seed", range(6))
def test_random_commands_have_the_answers_of_a_real_store(both, prefix, seed):
    rng = random.Random(seed)
    for _ in range(400):
        group = rng.randrange(len(GROUPS))
        key = f"{prefix}:{rng.choice((group, group, group, group, 9))}{rng.randrange(2)}"
        words = rng.choice((*[GROUPS[group]] * 6, of_all))(rng, key)
        answers = []
        in_script = rng.random() < 0.5
        for store in both:
            answer = store.script(ANY, [], words) if in_script else store.command(*words)
            answers.append(comparable(words, answer))
        assert answers[1] == answers[0], words


@pytest.mark.parametrize("name", BODIES)
def test_what_a_script_returns_is_told_as_by_a_real_store(both, prefix, name):
    real, model = (
        comparable(("EVAL",), store.script(BODIES[name], [f"{prefix}:key"], ['{"a": [1, 2]}']))
        for store in both
    )

    assert model == real


# None of 18 digits: Redis 7 writes it with an exponent, and Valkey does not.
@pytest.mark.parametrize("number", ["1e21", "3.0", "-7", "0.25"])
def test_a_number_is_written_as_by_a_real_store(both, prefix, number):
    body = "redis.call('SET', KEYS[1], tonumber(ARGV[1])) return redis.call('GET', KEYS[1])"
    real, model = (store.script(body, [f"{prefix}:key"], [number]) for store in both)

    assert model == real
