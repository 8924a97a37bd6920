"""What the figures of a run mean: pure functions over records, without files or services."""
