"""Load generators, each in processes of its own, and whether they were the limit themselves."""
