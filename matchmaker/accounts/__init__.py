"""Who may see what: the one place where an enterprise's identity is masked."""
