"""What the processes of one account share through a store, Redis or Valkey: session, turns, poller, claims
and journal. This room uses session, transport, operations, changes and journals, by the seams that those
rooms define; nothing but `link` knows the store's client.
"""
