"""File formats that several frameworks use, and nothing of a framework."""
