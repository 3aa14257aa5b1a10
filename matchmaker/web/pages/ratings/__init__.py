"""Pages of ratings: an enterprise's own, the bureau's table, appeals, and the rules that ratings follow."""

from matchmaker.web.pages.ratings import appeals, deciding, drafting, effects, listing, one, rules  # noqa: F401
from matchmaker.web.pages.ratings.routes import ratings

__all__ = ["ratings"]
