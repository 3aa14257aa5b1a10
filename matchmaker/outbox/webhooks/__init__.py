"""Webhooks: endpoints, events, signed deliveries (Standard Webhooks)."""
