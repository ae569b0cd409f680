"""The session id that every call but ``login`` carries: made, shared, renewed and replaced. This room
uses transport and retries.
"""
