"""The sandbox's calls: which arguments they take, and how they change the books.

This room uses ``books`` and no other room of the sandbox.
"""
