"""Scheduled jobs: the table of them, what each does, and the scheduler's sign of life."""
