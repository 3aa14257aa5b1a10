"""Figures with their definition, query and unit."""
