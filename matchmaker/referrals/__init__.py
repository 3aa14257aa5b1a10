"""Referrals 对接: what a bank and an enterprise answer to a need that was recommended."""
