"""Pages of guarantees, from the application to the release."""

from matchmaker.web.pages.guarantees import alerts, applying, exposure, letter, listing, loans, one, override, steps  # noqa: F401
from matchmaker.web.pages.guarantees.routes import guarantees

__all__ = ["guarantees"]
