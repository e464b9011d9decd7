"""Use cases of people, access, clients and bank accounts."""

from guild.members.commands.bank import (
    approve_bank_account,
    make_account_usable,
    reject_bank_account,
    request_bank_account,
)
from guild.members.commands.client_links import (
    ask_client_link,
    choose_language,
    mail_client_link,
    open_thing,
)
from guild.members.commands.details import change_details
from guild.members.commands.founding import appoint_founder, create_first_operator
from guild.members.commands.importing import import_clients
from guild.members.commands.keys import make_api_key, revoke_api_key
from guild.members.commands.limits import Limit, count_try, forget_tries, sweep_tries
from guild.members.commands.links import (
    OpenedLink,
    close_browser,
    issue_link,
    link_to_renew,
    open_link,
    revoke_links,
    sweep_link_sessions,
)
from guild.members.commands.membership import (
    admit_member,
    apply_to_join,
    decline_applicant,
    go_on_leave,
    remove_member,
    resign,
    return_from_leave,
)
from guild.members.commands.numbers import approve_numbers, reject_numbers
from guild.members.commands.organisations import (
    add_colleague,
    add_contact,
    change_contact,
    change_organisation,
    register_organisation,
)
from guild.members.commands.passkeys import (
    UsedPasskey,
    ask_own_passkey,
    ask_passkey,
    register_passkey,
    remove_passkey,
    use_passkey,
)
from guild.members.commands.recovery import ask_new_password, set_new_password, sweep_resets
from guild.members.commands.roles import confirm_role, end_role, refuse_role, request_role
from guild.members.commands.sign_in import (
    NewSession,
    change_password,
    sign_in,
    sign_out,
    sweep_sessions,
)

__all__ = [
    "Limit",
    "NewSession",
    "OpenedLink",
    "UsedPasskey",
    "add_colleague",
    "add_contact",
    "admit_member",
    "apply_to_join",
    "appoint_founder",
    "approve_bank_account",
    "approve_numbers",
    "ask_client_link",
    "ask_new_password",
    "ask_own_passkey",
    "ask_passkey",
    "change_contact",
    "change_details",
    "change_organisation",
    "change_password",
    "choose_language",
    "close_browser",
    "confirm_role",
    "count_try",
    "create_first_operator",
    "decline_applicant",
    "end_role",
    "forget_tries",
    "go_on_leave",
    "import_clients",
    "issue_link",
    "link_to_renew",
    "mail_client_link",
    "make_account_usable",
    "make_api_key",
    "open_link",
    "open_thing",
    "refuse_role",
    "register_organisation",
    "register_passkey",
    "reject_bank_account",
    "reject_numbers",
    "remove_member",
    "remove_passkey",
    "request_bank_account",
    "request_role",
    "resign",
    "return_from_leave",
    "revoke_api_key",
    "revoke_links",
    "set_new_password",
    "sign_in",
    "sign_out",
    "sweep_link_sessions",
    "sweep_resets",
    "sweep_sessions",
    "sweep_tries",
    "use_passkey",
]
