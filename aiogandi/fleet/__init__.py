"""Work that is larger than one process, or outlives it: an engine delivers items to workers on any number of
machines, and the hub's journal makes what is delivered twice happen once. The fleet may use the client and all
that stands before it; only ``engine`` knows the engine, streaq.
"""
