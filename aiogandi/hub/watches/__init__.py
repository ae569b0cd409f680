"""Watches: each process tells the store for which operations it waits, one polls for all, and all are told."""
