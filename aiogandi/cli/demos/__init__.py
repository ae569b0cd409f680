"""What ``aiogandi demo`` shows: the provider's recipe in one process (``recipe``), and a fleet of workers, one of which
is killed (``fleet``).
"""
