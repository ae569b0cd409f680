"""The journal in the store: keys, calls and claims of all processes of an account. Without keys it is the claims
that clients share who have no journal (``claims``).

``scripts`` has what runs in the store, and ``scripts/shared`` what stands where. ``words`` and ``rows`` translate
what scripts are given and return; ``exchanges`` sends it, for one client. That client's journal is built up in
``keys`` (with ``locks``), ``notes`` (of calls) and ``client_journal``; ``storage`` makes them, and answers what is
asked of a whole account. ``durability`` looks whether the store keeps what it is told.
"""
