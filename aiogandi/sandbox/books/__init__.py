"""What there is at the sandbox's service: its clock, accounts, servers, disks, sessions and operations.
This room uses no other of the sandbox.
"""
