"""One call of the API on its way: what it is made of, what its arguments must be, and what its reply
must be. This room uses settings and what lies below them, and knows no session and no transport.
"""
