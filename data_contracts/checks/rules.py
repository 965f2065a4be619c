"""The list of rules."""

from typing import Final

from data_contracts.checks import (
    columns,
    company,
    erasure,
    identities,
    names,
    rectifying,
    references,
    retention,
    transmissions,
    words,
)
from data_contracts.checks.subject import Rule

RULES: Final[tuple[Rule, ...]] = (
    names.system_names,
    names.table_names,
    names.column_names,
    names.key_positions,
    words.controllers,
    words.recipients,
    words.purposes,
    words.holds,
    words.identity_kinds,
    columns.categories,
    columns.purposes_given,
    columns.special_categories,
    columns.about_others,
    columns.markers,
    identities.normal_forms,
    references.types_match,
    references.no_walk_between_people,
    erasure.what_stays_has_a_hold,
    erasure.holds_count,
    erasure.columns_say_what,
    erasure.nothing_is_forgotten,
    erasure.shredding,
    erasure.clearing,
    erasure.masking,
    erasure.pseudonyms,
    erasure.keys_stay,
    erasure.rows_can_go,
    erasure.deletions_have_an_order,
    erasure.rows_have_a_key,
    rectifying.rows_stay_known,
    rectifying.only_the_subjects,
    rectifying.references_follow,
    rectifying.rules_agree,
    retention.starts,
    retention.ids,
    retention.clashes,
    retention.actions_fit,
    company.own_party,
    company.processors,
    company.transfers,
    company.remedies,
    company.countries,
    company.recipients_known_by,
    company.legal_bases,
    company.holds,
    company.organisation,
    company.gates,
    company.identity_methods,
    transmissions.transmissions,
)
"""Rules that hold for whatever could be read."""

WHOLE_SET_RULES: Final[tuple[Rule, ...]] = (
    identities.kinds_lead_somewhere,
    identities.tables_reached,
    retention.holds_end,
)
"""Rules that find something missing, which only says something once every document could be read."""
