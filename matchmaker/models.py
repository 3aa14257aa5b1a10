"""Every table, imported once so that migrations see them all."""

from matchmaker.accounts import feed
from matchmaker.accounts import models as accounts
from matchmaker.guarantee import models as guarantee
from matchmaker.guarantee.cases import models as guarantee_cases
from matchmaker.guarantee.endorsement import models as endorsement
from matchmaker.guarantee.ledger import models as ledger
from matchmaker.guarantee.rating import models as ratings
from matchmaker.lists import jobs
from matchmaker.lists import models as lists
from matchmaker.matching import models as matching
from matchmaker.outbox import models as outbox
from matchmaker.outbox.webhooks import models as webhooks
from matchmaker.push import models as push
from matchmaker.referrals import models as referrals

__all__ = [
    "accounts", "endorsement", "feed", "guarantee", "guarantee_cases", "jobs", "ledger", "lists", "matching", "outbox",
    "push", "ratings", "referrals", "webhooks",
]  # fmt: skip
