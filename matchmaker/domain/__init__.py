"""The vocabulary of the product: pure Python, no database, no web."""
