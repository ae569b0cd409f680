"""Sessions: one process logs in, and all that know the account's password take the session from the store."""
