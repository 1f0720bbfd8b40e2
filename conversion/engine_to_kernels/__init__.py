"""Level 4 to level 5: the program `@main`, and one function for each distinct kernel."""
