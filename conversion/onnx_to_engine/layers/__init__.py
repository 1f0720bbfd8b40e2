"""Conversions of the layers of networks: convolutions, pools, norms, attention, recurrence."""
