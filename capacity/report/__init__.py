"""A run for people: one HTML file, a Markdown summary, and the comparison of two runs."""
