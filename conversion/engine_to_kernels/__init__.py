"""Level 4 to level 5: one kernel template per file, and the builder they are written with."""
