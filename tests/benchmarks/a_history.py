"""A register with years of cases that have ended, written by PostgreSQL itself."""

from typing import Final

import sqlalchemy as sa

from integrations.register import upgrade

__all__ = ["write_history"]

_RIGHTS: Final = "array['access', 'erasure', 'rectification', 'restriction', 'portability', 'objection']"
_STATES: Final = (
    "array['received', 'acknowledged', 'identity_verified', 'located', "
    "'planned', 'approved', 'subject_told', 'archived']"
)
_NAME: Final = "'C-' || lpad(number::text, 8, '0')"
_ENDED: Final = "now() - (number %% 1000) * interval '1 day'"
"""Spread over somewhat less than three years."""
_CASES: Final = f"""
    INSERT INTO case_file (case_id, "right", channel, language, state, outcome, received_at, response_due, opened_at,
        closed_at, request_digest, moves, records, last_record, is_extended, linked_to)
    SELECT {_NAME}, ({_RIGHTS})[1 + number %% 6], 'form', 'fr',
        CASE WHEN number %% 10 = 0 THEN 'archived' ELSE 'purged' END, 'granted', {_ENDED} - interval '20 days',
        ({_ENDED} + interval '10 days')::date, {_ENDED} - interval '20 days', {_ENDED},
        md5(number::text) || md5(number::text), 8, 12, md5(number::text) || md5(number::text), false, ''
    FROM generate_series(1, %(cases)s) AS number"""  # noqa: S608  # our own words
_MOVES: Final = f"""
    INSERT INTO case_move (case_id, seq, at, origin, to_state, cause, actor)
    SELECT {_NAME}, place, {_ENDED} - (8 - place) * interval '1 day', NULL, ({_STATES})[place], 'made', 'software'
    FROM generate_series(1, %(cases)s) AS number, generate_series(1, 8) AS place"""  # noqa: S608  # as above

_STEPS: Final = f"""
    INSERT INTO step (case_id, step, system, state, attempts, receipt, changed_at, claimed_at)
    SELECT {_NAME}, (array['acknowledge', 'identity', 'survey', 'search', 'locate', 'plan', 'approve', 'confirm',
            'erase', 'recount', 'prove', 'notice.erasure_done', 'archive'])[1 + place / 2],
        CASE WHEN place %% 2 = 1 THEN 'crm' ELSE '' END, 'done', 1 + (number * (place + 1) %% 997 = 0)::int, '{{}}',
        {_ENDED} - (26 - place) * interval '1 hour', {_ENDED} - (26 - place) * interval '1 hour' - interval '2 seconds'
    FROM generate_series(1, %(cases)s) AS number, generate_series(0, 25) AS place"""  # noqa: S608  # as above


def write_history(url: str, cases: int) -> None:
    """Fill a new PostgreSQL register with cases that have ended, each with eight moves and 26 steps.

    Args:
        url: of an empty database.
        cases: how many.
    """
    upgrade(url)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for statement in (_CASES, _MOVES, _STEPS):
            connection.exec_driver_sql(statement, {"cases": cases})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE case_file, case_move, step")
    engine.dispose()
