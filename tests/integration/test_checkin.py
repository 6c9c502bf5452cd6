"""Check-in: machines enrol with a token, say what they have, and nobody else is believed."""

import json


def test_the_servers_public_keys_are_reachable_and_stay(sluice):
    status, headers, body = sluice.get("/keys/server.json")
    keys = json.loads(body)

    assert status == 200
    assert headers["Cache-Control"] == "no-cache"
    assert sorted(keys) == ["box", "server_id", "sign"]
    assert (sluice.state / "server.key").stat().st_mode & 0o777 == 0o600
    sluice.stop()
    sluice.start()
    assert sluice.get("/keys/server.json")[2] == body
    assert sluice.get("/keys/server.key")[0] == 404
