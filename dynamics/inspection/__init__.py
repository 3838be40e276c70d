"""What can be said of a landscape before anything runs: its assumptions checked, its limit in symbols or as a table."""
