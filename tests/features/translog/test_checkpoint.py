"""Notes and checkpoints against the vectors of the Go and transparency-dev implementations.

Sources: golang.org/x/mod `sumdb/note/note_test.go` (BSD-3-Clause), whose format C2SP signed-note
describes; transparency-dev/formats `log/checkpoint_test.go` (Apache-2.0). The two checkpoints
there with roots of seven letters are refused here, because a root is 32 bytes.
"""

import base64

import pytest

from guild.translog.checkpoint import (
    Checkpoint,
    NoteError,
    Signer,
    Verifier,
    decode_base64,
    open_note,
    sign_note,
)

VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
PETER_SIG = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZ"
    "b6KE6RyyBwJnAM=\n"
)
ENOCH_SIG = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33"
    "WWd1RvMc+QQ=\n"
)


def test_the_published_key_signs_the_published_note() -> None:
    signer = Signer("PeterNeumann", SEED)
    assert signer.verifier.vkey() == VKEY
    assert sign_note(TEXT, signer) == TEXT + "\n" + PETER_SIG


def test_every_mangled_key_is_refused() -> None:
    refused = 0
    for begin in range(len(VKEY) + 1):
        for end in range(begin + 1, len(VKEY) + 1):
            if (begin, end) != (0, len(VKEY)):
                with pytest.raises(NoteError):
                    Verifier.parse(VKEY[begin:end])
                refused += 1
    for spot, letter in enumerate(VKEY):
        with pytest.raises(NoteError):
            Verifier.parse(VKEY[:spot] + chr(ord(letter) + 1) + VKEY[spot + 1 :])
        refused += 1
    assert refused > 2_000


@pytest.mark.parametrize(
    "vkey",
    [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        VKEY.replace("c74f20a3", "C74F20A3"),
        VKEY + "\n",
        " " + VKEY,
    ],
)
def test_other_lengths_algorithms_and_spellings_are_refused(vkey: str) -> None:
    with pytest.raises(NoteError):
        Verifier.parse(vkey)


def test_one_signature_known_the_other_not() -> None:
    note = open_note((TEXT + "\n" + PETER_SIG + ENOCH_SIG).encode(), [Verifier.parse(VKEY)])
    assert note.text == TEXT
    assert [one.line() for one in note.signatures] == [PETER_SIG]
    assert [one.line() for one in note.unverified] == [ENOCH_SIG]


def test_both_known() -> None:
    keys = [Verifier.parse(VKEY), Verifier.parse(ENOCH)]
    note = open_note((TEXT + "\n" + PETER_SIG + ENOCH_SIG).encode(), keys)
    assert [one.name for one in note.signatures] == ["PeterNeumann", "EnochRoot"]
    assert note.unverified == ()


def test_repeated_signatures_count_once() -> None:
    altered = ENOCH_SIG[:60] + "ABCD" + ENOCH_SIG[60:]
    whole = TEXT + "\n" + PETER_SIG * 2 + ENOCH_SIG * 2 + altered
    note = open_note(whole.encode(), [Verifier.parse(VKEY)])
    assert [one.line() for one in note.signatures] == [PETER_SIG]
    assert [one.line() for one in note.unverified] == [ENOCH_SIG, altered]


@pytest.mark.parametrize(
    ("note", "why"),
    [
        (TEXT, "a text"),
        (TEXT + "\n", "a text|begins"),
        (TEXT + "\n" + PETER_SIG[:-1], "a text"),
        ("\x01" + TEXT + "\n" + PETER_SIG, "control"),
        (TEXT + "\n" + PETER_SIG.replace("PeterNeumann", "Bad Name"), "base64"),
        (TEXT + "\n" + PETER_SIG + "Unexpected line.\n", "begins"),
        (TEXT + "\n" + PETER_SIG * 101, "at most"),
        (TEXT + "\n" + PETER_SIG[:60] + "ABCD" + PETER_SIG[60:], "does not hold"),
        (TEXT.upper() + "\n" + PETER_SIG, "does not hold"),
        (TEXT + "\n" + ENOCH_SIG, "no known key"),
        (TEXT + "\n" + PETER_SIG.replace("nAM=", "nAN="), "canonical"),
        (TEXT + "\n— PeterNeumann x08g\n", "five bytes"),
    ],
)
def test_published_malformed_notes(note: str, why: str) -> None:
    with pytest.raises(NoteError, match=why):
        open_note(note.encode(), [Verifier.parse(VKEY)])


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(NoteError, match="UTF-8"):
        open_note(b"\xff" + (TEXT + "\n" + PETER_SIG).encode(), [Verifier.parse(VKEY)])


def test_a_key_known_twice_is_ambiguous_only_when_it_matters() -> None:
    peter, enoch = Verifier.parse(VKEY), Verifier.parse(ENOCH)
    with pytest.raises(NoteError, match="ambiguous"):
        open_note((TEXT + "\n" + ENOCH_SIG).encode(), [enoch, peter, enoch])
    assert open_note((TEXT + "\n" + PETER_SIG).encode(), [enoch, peter, enoch]).text == TEXT


@pytest.mark.parametrize("spelling", ["Zh==", "Zg=", "Zg", "Z g==", "Zg==\n", "Zg===", "_w==", "é"])
def test_only_canonical_base64_is_read(spelling: str) -> None:
    assert decode_base64("Zg==") == b"f"
    with pytest.raises(NoteError):
        decode_base64(spelling)


ROOT = bytes(range(32))


def test_a_checkpoint_reads_what_it_writes() -> None:
    checkpoint = Checkpoint("log.example/guild", 123, ROOT)
    encoded = base64.b64encode(ROOT).decode()
    assert checkpoint.text() == f"log.example/guild\n123\n{encoded}\n"
    assert Checkpoint.parse(checkpoint.text()) == checkpoint
    assert Checkpoint.parse(checkpoint.text() + "an extension\n") == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        "Head\n9944\n",
        f"\n9944\n{base64.b64encode(ROOT).decode()}\n",
        f"Log\n123\n{base64.b64encode(ROOT).decode()}",
        f"Log\nbananas\n{base64.b64encode(ROOT).decode()}\n",
        f"Log\n-34\n{base64.b64encode(ROOT).decode()}\n",
        f"Log\n+34\n{base64.b64encode(ROOT).decode()}\n",
        f"Log\n034\n{base64.b64encode(ROOT).decode()}\n",
        f"Log\n٣\n{base64.b64encode(ROOT).decode()}\n",
        f"Log\n3438945738945739845734895735\n{base64.b64encode(ROOT).decode()}\n",
        f"Log\n{2**63}\n{base64.b64encode(ROOT).decode()}\n",
        "Log\n123\nThisIsn'tBase64\n",
        "Log\n123\nYmFuYW5hcw==\n",
    ],
)
def test_published_malformed_checkpoints(text: str) -> None:
    with pytest.raises(NoteError):
        Checkpoint.parse(text)


@pytest.mark.parametrize("name", ["", "a+b", "a b", "a\tb", "a\u00a0b"])
def test_a_key_name_is_one_word(name: str) -> None:
    with pytest.raises(NoteError):
        Signer(name, SEED)


def test_a_text_must_end_its_last_line() -> None:
    with pytest.raises(NoteError):
        sign_note("abc", Signer("PeterNeumann", SEED))
