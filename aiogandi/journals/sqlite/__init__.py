"""The journal in a SQLite file: one thread that writes, locks that the kernel keeps, and the tables."""
