"""The collections of the API, one module for what belongs together."""
