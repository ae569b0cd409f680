"""What the processes of one account share through a store, Redis or Valkey.

Beside `RedisHub`, which is public, and `HubMember`, which is one client's part in a hub, this folder has the way
to the store: ``link`` (exchanges; nothing else knows the store's client), ``scripts`` (what a script is),
``store`` (this process in the store), ``presence``, ``news``, and ``fields`` (how some answers are read). What is shared has rooms of its own:
``sessions``, ``turns``, ``watches`` (the poller), ``journal`` (keys, calls and claims), and ``overview``, which
only reads. In each of them ``scripts`` is what runs in the store, and ``shared`` is what a client takes in place
of its own.

The hub uses session, transport, operations, changes and journals, by the seams that those rooms define.
"""
