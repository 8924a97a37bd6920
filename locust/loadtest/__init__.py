"""What the load test sends, what it takes for a good answer, and when a run has failed."""
