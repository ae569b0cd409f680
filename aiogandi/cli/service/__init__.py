"""How a command reaches the service: who it logs in as, through which proxy, the client it works with, and
what is said while nothing answers.

This room uses `terminal` and `exits`; the client is imported only when a command is carried out.
"""
