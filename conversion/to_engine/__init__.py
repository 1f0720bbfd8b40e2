"""What conversions from the dialects of all frameworks to the engine dialect share."""
