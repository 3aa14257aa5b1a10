"""Every table, imported once so that migrations see them all."""

from matchmaker.accounts import feed
from matchmaker.accounts import models as accounts
from matchmaker.lists import jobs
from matchmaker.lists import models as lists
from matchmaker.matching import models as matching
from matchmaker.outbox import models as outbox
from matchmaker.outbox.webhooks import models as webhooks
from matchmaker.push import models as push
from matchmaker.referrals import models as referrals

__all__ = ["accounts", "feed", "jobs", "lists", "matching", "outbox", "push", "referrals", "webhooks"]
