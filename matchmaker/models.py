"""Every table, imported once so that migrations see them all."""

from matchmaker.lists import models as lists

__all__ = ["lists"]
