"""The floor: the same rows of the same subject, by hand, with psycopg alone.

One connection, statements prepared; what somebody would write who knows the schema by heart.
"""

from typing import Any

import psycopg

__all__ = ["fetch_by_hand"]

_BY_SUBJECT = (
    "SELECT * FROM address WHERE customer_no = %s",
    "SELECT * FROM consent WHERE customer_no = %s",
    "SELECT * FROM device WHERE customer_no = %s",
)
_ROUTES = (
    # keys of this query's first column lead to the rows of the queries below it
    ("SELECT * FROM purchase WHERE customer_no = ANY(%s)", 0),
    ("SELECT * FROM purchase_line WHERE purchase_id = ANY(%s)", 1),
    ("SELECT * FROM shipment WHERE purchase_id = ANY(%s)", 1),
    ("SELECT * FROM invoice WHERE purchase_id = ANY(%s)", 1),
    ("SELECT * FROM payment WHERE invoice_no = ANY(%s)", 4),
    ("SELECT * FROM ticket WHERE customer_no = ANY(%s)", 0),
    ("SELECT * FROM ticket_message WHERE ticket_id = ANY(%s)", 6),
)


def fetch_by_hand(connection: psycopg.Connection[Any], email: str) -> int:
    """Fetch every row of a subject in 12 queries; how many rows there are."""

    def fetch(query: str, *values: object) -> list[tuple[Any, ...]]:
        return connection.execute(query, values, prepare=True).fetchall()

    customers = fetch("SELECT * FROM customer WHERE email = %s", email)
    rows = len(customers) + len(fetch("SELECT * FROM newsletter WHERE email = %s", email))
    numbers = [row[0] for row in customers]
    rows += sum(len(fetch(query, number)) for query in _BY_SUBJECT for number in numbers)
    keys: list[list[Any]] = [numbers]
    for query, origin in _ROUTES:
        found = fetch(query, keys[origin])
        keys.append([row[0] for row in found])
        rows += len(found)
    return rows
