"""How a command reaches the service: who it logs in as, and the client it works with.

This room uses `terminal` and `exits`; the client is imported only when a command is carried out.
"""
