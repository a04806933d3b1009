"""Whether a domain's tasks can be solved, and only by doing the work."""
