"""List files: reading them safely, writing them, templates, and giving a faulty one back annotated."""
