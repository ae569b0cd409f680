"""The journal in the store: keys, calls and claims of all processes of an account, which scripts read and
write. Without keys it is the claims that clients share who have no journal.
"""
