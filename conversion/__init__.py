"""Steps between levels: importers and exporters at one end, code emission at the other."""
