import pytest, logging
pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(500)]
async def test_w(world, caplog):
    r=await world.ask("POST", f"/api/v1/bank-account-changes/{world.rows['pending_account']}/approve", world.headers["treasurer"])
    print(r.text); print(caplog.text[-3000:])
