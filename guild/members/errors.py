"""What can go wrong with people, access, clients and bank accounts."""

from guild.core.errors import Conflict, Forbidden, Invalid, NotFound, TooMany, Unauthenticated


class MemberNotFound(NotFound):
    """No such member, or not for this actor's eyes."""

    code = "member_not_found"
    title = "No such member"


class OrganisationNotFound(NotFound):
    """No such client among the actor's own."""

    code = "organisation_not_found"
    title = "No such client"


class ContactNotFound(NotFound):
    """No such contact at the actor's clients."""

    code = "contact_not_found"
    title = "No such contact"


class NumberChangeNotFound(NotFound):
    """No such wish for other numbers."""

    code = "number_change_not_found"
    title = "No such change of numbers"


class BankAccountNotFound(NotFound):
    """No such bank account, or not for this actor's eyes."""

    code = "bank_account_not_found"
    title = "No such bank account"


class ApiKeyNotFound(NotFound):
    """No such key among the actor's own."""

    code = "api_key_not_found"
    title = "No such key"


class RoleGrantNotFound(NotFound):
    """No such request for an office."""

    code = "role_grant_not_found"
    title = "No such request"


class LinkNotFound(NotFound):
    """Unknown, used, expired and revoked links all answer the same."""

    code = "link_not_found"
    title = "This link does not open anything"


class SignInFailed(Unauthenticated):
    """Unknown address, wrong password and ended membership all answer the same."""

    code = "sign_in_failed"
    title = "Address or password do not match"


class TooManyTries(TooMany):
    """The counter of tries for this account, address or link is full."""

    code = "too_many_tries"
    title = "Too many tries"


class InvalidCsrfToken(Forbidden):
    """A browser request that changes something did not prove that it comes from our page."""

    code = "csrf_refused"
    title = "This form is out of date"


class OwnCase(Forbidden):
    """Nobody decides in her own case."""

    code = "own_case"
    title = "Nobody decides in their own case"


class SecondPersonNeeded(Conflict):
    """The same person cannot ask and agree."""

    code = "second_person_needed"
    title = "Another person has to agree"


class AlreadyKnown(Conflict):
    """There is one already; the facts carry a link to it where the actor may see it."""

    code = "already_known"
    title = "This is already there"


class ClientExists(AlreadyKnown):
    """This member has a client with that VAT number; `link` leads to it."""

    code = "client_exists"
    title = "You have this client already"


class AlreadyFounded(Conflict):
    """Founders are appointed before anybody else gives offices, not after."""

    code = "already_founded"
    title = "The co-operative has already been founded"


class IbanInvalid(Invalid):
    """Not an IBAN to which a payment can go."""

    code = "iban_invalid"
    title = "This IBAN cannot be right"


class VatNumberInvalid(Invalid):
    """The VAT number has a wrong checksum, or belongs to another country."""

    code = "vat_number_invalid"
    title = "This VAT number cannot be right"


class EnterpriseNumberInvalid(Invalid):
    """The Belgian enterprise number fails its check digits."""

    code = "enterprise_number_invalid"
    title = "This enterprise number cannot be right"


class PasswordTooWeak(Invalid):
    """Too short, too long, or too easily guessed."""

    code = "password_too_weak"
    title = "Please choose another password"


class ScopeNotAllowed(Forbidden):
    """A key cannot do what its owner may not, nor what needs a person."""

    code = "scope_not_allowed"
    title = "A key cannot have this scope"


class RoleNotAllowed(Invalid):
    """Being a member is not an office; it follows from admission."""

    code = "role_not_allowed"
    title = "This role cannot be given"


class PasskeyNotFound(NotFound):
    """Absent, or somebody else's."""

    code = "passkey_not_found"
    title = "No such passkey"


class PasskeyExpired(Conflict):
    """Nobody asked for a passkey, or too long ago."""

    code = "passkey_expired"
    title = "The time to make the passkey is over"


class PasskeyRefused(Invalid):
    """What the authenticator answered does not hold, or is not for this; `found` says why."""

    code = "passkey_refused"
    title = "The passkey was refused"
