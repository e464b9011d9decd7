"""Reads about people, access, clients and bank accounts."""

from guild.members.queries.clients import (
    approved_account,
    bank_account,
    bank_accounts_waiting,
    contact_of,
    my_bank_accounts,
    organisation,
    organisations_page,
    reader_language,
    usable_account,
)
from guild.members.queries.invariants import INVARIANTS
from guild.members.queries.known_as import KnownAs, known_as
from guild.members.queries.lookalikes import lookalikes
from guild.members.queries.numbers import (
    my_numbers_waiting,
    number_change,
    numbers_waiting,
)
from guild.members.queries.office import OfficeDesk, office_desk
from guild.members.queries.passkeys import (
    asked_options,
    asked_passkey,
    passkey_view,
    passkey_views,
    passkeys_of,
    sign_options,
)
from guild.members.queries.people import (
    active_members,
    api_keys,
    me,
    member,
    members_page,
    names_of,
    open_role_grants,
    personal_data,
    role_grant,
)

__all__ = [
    "INVARIANTS",
    "KnownAs",
    "OfficeDesk",
    "active_members",
    "api_keys",
    "approved_account",
    "asked_options",
    "asked_passkey",
    "bank_account",
    "bank_accounts_waiting",
    "contact_of",
    "known_as",
    "lookalikes",
    "me",
    "member",
    "members_page",
    "my_bank_accounts",
    "my_numbers_waiting",
    "names_of",
    "number_change",
    "numbers_waiting",
    "office_desk",
    "open_role_grants",
    "organisation",
    "organisations_page",
    "passkey_view",
    "passkey_views",
    "passkeys_of",
    "personal_data",
    "reader_language",
    "role_grant",
    "sign_options",
    "usable_account",
]
