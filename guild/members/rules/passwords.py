"""Passwords: what is good enough, and how they are hashed.

argon2id with the parameters of the OWASP Password Storage Cheat Sheet (19 MiB, two passes, one
lane). The hash is slow on purpose: callers run it in a thread, a few at a time.
"""

from functools import cache
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from guild.members.errors import PasswordTooWeak

MEMORY_KIB: Final = 19 * 1024
LENGTH_MIN: Final = 12
LENGTH_MAX: Final = 200
DISTINCT_MIN: Final = 5

_HASHER: Final = PasswordHasher(
    time_cost=2, memory_cost=MEMORY_KIB, parallelism=1, hash_len=32, salt_len=16, type=Type.ID
)


def check_password(password: str, *about_her: str) -> None:
    """Refuse passwords that are short, monotonous, or made of what is known about her.

    Length over composition, as NIST SP 800-63B section 3.1.1.2 asks. Raises PasswordTooWeak.
    """
    if not LENGTH_MIN <= len(password) <= LENGTH_MAX:
        raise PasswordTooWeak(
            f"A password has {LENGTH_MIN} to {LENGTH_MAX} characters.",
            mend="Four or five unrelated words are easy to keep and hard to guess.",
            field="password",
        )
    if len(set(password)) < DISTINCT_MIN or password.isdigit():
        raise PasswordTooWeak(
            "This password repeats itself or is only a number.",
            mend="Four or five unrelated words are easy to keep and hard to guess.",
            field="password",
        )
    plain = password.casefold()
    known = {
        part for text in about_her for part in (text.casefold(), text.casefold().split("@")[0])
    }
    if any(len(part) >= 4 and part in plain and len(plain) - len(part) < 8 for part in known):
        raise PasswordTooWeak(
            "This password is little more than your name or address.",
            mend="Choose something that people who know you would not guess.",
            field="password",
        )


def hash_password(password: str) -> str:
    """The argon2id hash in PHC notation. About 20 ms of one core."""
    return _HASHER.hash(password)


def password_matches(stored: str, password: str) -> bool:
    """Whether the password is the one that was hashed. About 20 ms, right or wrong."""
    try:
        return _HASHER.verify(stored, password)
    except VerifyMismatchError:
        return False
    except (VerificationError, InvalidHashError):
        return False


def needs_new_hash(stored: str) -> bool:
    """Whether the hash was made with older parameters."""
    return _HASHER.check_needs_rehash(stored)


@cache
def dummy_hash() -> str:
    """Nobody's password, hashed: verified for unknown accounts, so that time tells nothing."""
    return _HASHER.hash("nobody has this password")
