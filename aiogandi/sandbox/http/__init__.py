"""The sandbox's HTTP: requests are read, met with trouble or executed, and answered.

This room uses ``books`` and ``script`` (and may use ``api``), and of the package the codec.
"""
