"""The books of guarantees: append-only entries, cached balances, limits."""
