"""Bulk runs: which things are meant, the calls for all of them at once, and what is printed of it.

This room uses `service`, `terminal` and `exits`; it knows no command and no option.
"""
