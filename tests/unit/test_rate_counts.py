"""The counts of the rate limits: no thread for each call, and old counts go (``web.api.limits``)."""

from limits import parse
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

from matchmaker.web.api import limits


def test_counting_starts_no_thread_and_old_counts_are_swept_in_the_call_that_is_due() -> None:
    storage = storage_from_string("memory-seldom-swept://")
    assert isinstance(storage, limits._SeldomSwept)
    storage.timer.join()
    first, limiter, limit = storage.timer, MovingWindowRateLimiter(storage), parse("3/minute")
    assert [limiter.hit(limit, "caller") for _ in range(4)] == [True, True, True, False]
    assert storage.timer is first, "the library's own would have started another"
    (key,) = storage.events
    for entry in storage.events[key]:
        entry.expiry = 0.0
    storage._swept = -storage.SWEEP_SECONDS
    limiter.hit(limit, "another")
    assert not storage.events.get(key), "counts past their time are gone"
