"""Ratings of the city of canaries: of each enterprise one with an override asked for and an appeal; drafted rules."""

from matchmaker.actor import SYSTEM
from matchmaker.db import ScopedSession
from matchmaker.guarantee.rating.models import RatingAppeal, RatingOverride
from matchmaker.guarantee.rating.rules import draft_rules, load_default_rules
from matchmaker.guarantee.rating.services import rate_enterprise
from matchmaker.settings import Settings
from tests.support.canary_city import FIRMS, NOW, City
from tests.support.rating import changed_rules
from tests.support.twins import add


def put_ratings(session: ScopedSession, city: City, settings: Settings) -> None:
    """Rate both enterprises; whoever is told of a rating, an override, an appeal or a draft is told its id."""
    load_default_rules(session, actor=SYSTEM, now=NOW)
    note = city.text("rating rules") + " 供核对的修改理由"
    drafted = draft_rules(session, actor=SYSTEM, rules=changed_rules(), note=note, now=NOW)
    city.name("rating rules", drafted.public_id)
    for owner in FIRMS:
        made = rate_enterprise(session, actor=SYSTEM, uscc=owner, as_of=NOW.date(), now=NOW, settings=settings)
        city.name("ratings", made.rating_no, owner)
        about = {"uscc": owner, "rating_no": made.rating_no, "made_by": "person:another"}
        appeal = add(session, RatingAppeal, about=city.text("rating appeals", owner), due_on=NOW.date(), state="open",
                     created_at=NOW, **about)  # fmt: skip
        city.name("rating appeals", appeal.public_id, owner)
        if owner == FIRMS[0]:
            wanted = add(session, RatingOverride, grade="D", reason=city.text("rating overrides") + " 供核对的理由",
                         state="asked", made_at=NOW, **about)  # fmt: skip
            city.name("rating overrides", wanted.public_id)
