"""The routes of guarantees are one group: an enterprise, a guarantor, a bank and the bureau look at the same cases."""

from flask import Blueprint

guarantees = Blueprint("guarantees", __name__)
