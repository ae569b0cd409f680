"""One XML-RPC exchange over aiohttp: sent in its turn, limited, read, or told as a clear error. This room
uses codec, settings and what lies below them.
"""
