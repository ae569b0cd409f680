"""All that stands in a store, for tests that look for what must not be there."""

READ = {
    b"string": ("GET",),
    b"hash": ("HGETALL",),
    b"list": ("LRANGE", 0, -1),
    b"set": ("SMEMBERS",),
    b"zset": ("ZRANGE", 0, -1),
    b"stream": ("XRANGE", "-", "+"),
}


async def contents(command, pattern="*"):
    """The names that fit *pattern*, and what stands there. ``await command("GET", name)`` asks the store."""
    found = {}
    for name in await command("KEYS", pattern):
        kind = await command("TYPE", name)
        if kind != b"none":  # else it has expired meanwhile
            verb, *words = READ[bytes(kind)]
            found[name] = await command(verb, name, *words)
    return found
