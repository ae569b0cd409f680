"""Work that goes on at the service: what a caller holds of it, and the one poller that watches all of
it. This room uses settings and what lies below them, and asks the service through a Protocol.
"""
