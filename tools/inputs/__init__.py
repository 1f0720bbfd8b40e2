"""What the command lines are given: files of IR and models, arrays, shapes."""
