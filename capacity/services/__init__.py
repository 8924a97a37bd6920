"""Services under test: the Compose stack, and local processes."""
