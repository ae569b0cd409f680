"""One call of the API on its way: what it is made of, what its arguments must be, and what its reply
must be. This room uses transport's `Request`, retries and what lies below them; the session is passed
in as a Protocol.
"""
