"""From the torch dialect to the engine dialect, operator by operator."""
