"""Measuring: time, peers, ceilings of the machine, deviations."""
