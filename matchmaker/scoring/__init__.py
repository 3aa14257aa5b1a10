"""Pure calculation: criteria, verdict, score, bulk matching, cost, repairs, explanation. No database, no web."""
