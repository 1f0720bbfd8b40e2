"""The operations of the `stablehlo` dialect by what they do."""
