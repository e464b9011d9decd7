"""The log over HTTP: everyone may read it, and what is read can be checked."""

import base64

import httpx

from guild.translog import merkle
from guild.translog.checkpoint import Checkpoint, Verifier, open_note
from guild.translog.commands import append_leaf, sequence_leaves

API = "/api/v1/log"


async def grow(as_, number: int) -> None:
    async with as_() as work:
        for count in range(number):
            append_leaf(work, "test", {"number": count})
        await sequence_leaves(work)


async def test_a_stranger_checks_the_whole_log(as_, http: httpx.AsyncClient) -> None:
    await grow(as_, 5)
    key = (await http.get(f"{API}/key")).json()
    answer = await http.get(f"{API}/checkpoint")
    assert answer.headers["content-type"].startswith("text/plain")
    checkpoint = Checkpoint.parse(open_note(answer.content, [Verifier.parse(key["vkey"])]).text)
    assert checkpoint.origin == key["origin"]
    leaves = (await http.get(f"{API}/leaves", params={"start": 0, "end": 100})).json()
    raw = [base64.b64decode(leaf["leaf"]) for leaf in leaves["leaves"]]
    assert (leaves["size"], merkle.tree_root(raw)) == (checkpoint.size, checkpoint.root)

    await grow(as_, 4)
    proof = (await http.get(f"{API}/proof/consistency", params={"old": 5})).json()
    hashes = [base64.b64decode(one) for one in proof["hashes"]]
    new_root = base64.b64decode(proof["new_root"])
    merkle.check_consistency(5, 9, checkpoint.root, new_root, hashes)
    proof = (await http.get(f"{API}/proof/inclusion", params={"index": 2})).json()
    hashes = [base64.b64decode(one) for one in proof["hashes"]]
    merkle.check_inclusion(merkle.leaf_hash(raw[2]), 2, 9, hashes, new_root)


async def test_refusals_say_what_to_do(as_, http: httpx.AsyncClient) -> None:
    answer = await http.get(f"{API}/checkpoint")
    assert (answer.status_code, answer.json()["code"]) == (503, "no_checkpoint_yet")
    await grow(as_, 2)
    answer = await http.get(f"{API}/proof/inclusion", params={"index": 2})
    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_leaf")
    answer = await http.get(f"{API}/proof/consistency", params={"old": 2, "new": 1})
    assert (answer.status_code, answer.json()["code"]) == (422, "impossible_proof")
    for wrong in ({"index": -1}, {"index": "x"}, {}, {"index": 2**60}):
        answer = await http.get(f"{API}/proof/inclusion", params=wrong)
        assert answer.status_code in {400, 422}
