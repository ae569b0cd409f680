"""Journals, which outlive the process that makes changing calls, and the durable runs of `bulk` in them. This
room uses ``changes``, ``operations`` and ``models``, and knows no client.
"""
