"""How a request to the sandbox is read and answered. This room uses books (for their faults) and script."""
