"""How trouble is ordered from a sandbox. This room uses books."""
