"""Every table, imported once so that migrations see them all."""

from matchmaker.lists import models as lists
from matchmaker.matching import models as matching
from matchmaker.outbox import models as outbox
from matchmaker.push import models as push

__all__ = ["lists", "matching", "outbox", "push"]
