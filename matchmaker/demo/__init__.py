"""Sample lists of a fictional city: seeded, always fresh, with stories a person recognises."""
