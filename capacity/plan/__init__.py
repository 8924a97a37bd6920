"""Plans: what is measured, under which load, and when it counts as held."""
