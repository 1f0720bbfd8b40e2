"""Programs that write the tables of operators, run by hand where the framework is installed."""
