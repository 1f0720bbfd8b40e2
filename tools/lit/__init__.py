"""Running lit tests of IR: a configuration to import, and a format without processes."""
