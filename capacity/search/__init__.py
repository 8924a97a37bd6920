"""Searches: the highest rate that a configuration holds, and the cheapest that holds a rate."""
