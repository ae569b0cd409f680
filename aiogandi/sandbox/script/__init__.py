"""The sandbox's trouble: what can go wrong, and the orders that are still to be carried out.

This room uses ``books`` and no other room of the sandbox; of the package it uses the checks and the
codec, so that an order that could not be carried out is refused at once.
"""
