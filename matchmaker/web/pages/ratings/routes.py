"""The routes of ratings are one group: an enterprise and the bureau look at the same ratings and rules."""

from flask import Blueprint

ratings = Blueprint("ratings", __name__)
