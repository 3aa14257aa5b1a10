"""The lists and their registers: models, versions, review, files."""
