"""Parts of memory planning: where values are placed, and offsets into the arena."""
