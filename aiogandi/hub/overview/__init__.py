"""The overview: what stands in the store, for people, as ``aiogandi hub status`` shows it."""
