"""The books of a fleet's runs, in the hub's store: which items a run has, who has begun which, and what became of
each. They use the hub's store, and the fleet's items.
"""
