"""The random-data API: forest-cover rows, a batch at a time, as a running source would."""
