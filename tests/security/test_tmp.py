import pytest, sys, time, collections
from tests.security.asks import ask_for, headers_of
from tests.security.doors import doors
from tests.security.world import KINDS
pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(500)]
def outcome(s):
    return str(s) if s in (401,403,404) else "ok" if s<400 else "no" if s in (400,409,422) else str(s)
async def test_w(world):
    table=collections.defaultdict(list)
    for d in doors(world.app):
        ask=ask_for(world, d.method, d.template, keyed=d.keyed, example=d.example)
        line=[]
        for kind in KINDS:
            a=await world.ask(ask.method, ask.path, headers_of(world, ask, kind), **ask.parts)
            line.append(outcome(a.status_code))
        words=" ".join(f"{w:3s}" for w in line)
        if set(line)=={"ok"}: words="all ok"
        table[d.permission.value].append((d.name,words))
    with open('/tmp/matrix.toml','w') as out:
        for p in sorted(table, key=lambda p:(p!='public',p)):
            out.write(f'\n["{p}"]\n')
            for n,w in table[p]: out.write(f'"{n}" = "{w}"\n' if len(n)<49 else f'"{n}" = "{w}"\n')
