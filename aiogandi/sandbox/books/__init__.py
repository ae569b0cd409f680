"""What there is at the sandbox's service: its clock, sessions, account, VMs, disks and operations.

This room uses no other room of the sandbox; of the package it uses `aiogandi.checks`.
"""
