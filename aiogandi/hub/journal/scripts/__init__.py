"""The journal's scripts: ``shared`` says what stands where, and has what all of them use; then one file each for
calls, claims, clients, keys, and what is asked of a whole account.
"""
