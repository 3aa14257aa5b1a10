"""Rating of enterprises: versioned rules, immutable ratings, overrides by two persons, appeals."""
