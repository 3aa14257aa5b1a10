"""Every route of the application with an address that fits it."""

from collections.abc import Iterator

from flask import Flask
from werkzeug.routing import AnyConverter, IntegerConverter, Rule

SAMPLE = "0123456789abcdefghjk"
"""A public id that nothing has."""


def address_of(app: Flask, rule: Rule) -> str:
    """An address of the route; its arguments are made up, so what it names does not exist."""
    values = {name: _sample(rule, name) for name in rule.arguments}
    built = rule.build(values)
    assert built is not None, rule.rule
    return built[1]


def _sample(rule: Rule, name: str) -> str | int:
    converter = rule._converters[name]
    if isinstance(converter, AnyConverter):
        return sorted(converter.items)[0]
    return 1 if isinstance(converter, IntegerConverter) else SAMPLE


def every_address(app: Flask) -> Iterator[tuple[Rule, str, str]]:
    """(route, method, address) of every method but HEAD."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD"}):
            yield rule, method, address_of(app, rule)
