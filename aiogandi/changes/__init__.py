"""Calls that change something, each run exactly once: what is known of each, and how a lost reply is
resolved. This room uses calls, operations, retries and the session.
"""
