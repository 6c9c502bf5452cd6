"""What administrators do in their first days, by the API: through an openapi.CheckedClient."""

import base64

from machine import Machine

OLD, NEW = "1.0-1", "1.0-1+deb12u1"


def set_up_catalog(api, archive, mirror):
    for version in (OLD, NEW):
        source = f"tool ({version})"
        archive.add("tool", version, source=source, Depends="other")
        archive.add("tool-data", version, source=source, architecture="all")
        archive.add("other", version)
    archive.publish()
    upstream = {
        "name": "test", "url": mirror.url, "suite": archive.suite, "components": ["main"],
        "architectures": ["amd64"], "serves": ["debian:bookworm"], "internal": True,
        "keyring": base64.b64encode(archive.keyring().read_bytes()).decode(),
    }  # fmt: skip
    api.post("upstreams", {"upstreams": [upstream]}, 201)
    api.post("upstream-keys", {"name": "test", "keyring": upstream["keyring"], "dry_run": True})
    api.wait(api.post("upstream-changes", {"name": "test", "exclude": ["*-dbg"]})["jobs"][0])
    for enabled in (False, True):
        api.post("upstream-states", {"name": "test", "enabled": enabled})
    api.wait(api.post("syncs", {"upstream": "test"}, 202)["jobs"][0])
    list_entry = b"[01 Jan 2026] DSA-1-1 tool - security update\n\t{CVE-2026-0001}\n\t[bookworm] - tool 1.0-1+deb12u1\n"
    api.call("POST", "advisories", list_entry)
    api.post("ratings", {"name": "tool", "rating": "high", "reason": "because"})
    api.post("upstreams", {"upstreams": [dict(upstream, name="spare", **{"as": "spare"})]}, 201)
    api.delete("upstreams/spare")


def set_up_fleet(api, url):
    api.post("groups", {"name": "office", "channel": "production"}, 201)
    api.post("groups", {"name": "pilots", "channel": "certification"}, 201)
    api.post("groups", {"name": "spare", "channel": "production"}, 201)
    api.delete("groups/spare")
    api.post("tokens", {"group": "office", "lives_s": 86400, "uses": 5}, 201)
    token = api.post("tokens", {"group": "office", "hold": True}, 201)["token"]
    packages = [("tool", OLD, "amd64"), ("tool-data", OLD, "all")]
    machines = [Machine(url, f"web{number}", packages) for number in range(3)]
    for machine in machines:
        assert machine.enroll(token)[0] == 200
    for machine in machines[:2]:
        api.post("computer-acceptances", {"name": machine.name})
        machine.check_in()
    api.post("computer-moves", {"name": "web1", "group": "pilots"})
    api.post("computer-moves", {"computers": [machines[0].id], "group": "office"})
    api.post("group-changes", {"name": "pilots", "new_name": "first", "channel": "certification"})
    api.delete("computers/web2")
    api.delete(f"tokens/{api.get('tokens')['items'][0]['id']}")
    return machines[:2]


def decide(api):
    request = {"kind": "approve", "names": ["tool"], "channel": "certification", "reason": "for it"}
    plan = api.post("approvals", dict(request, dry_run=True))
    assert plan["items"] and plan["missing"]
    done = api.post("approvals", dict(request, plan=plan["plan"]))
    for job in done["jobs"]:
        api.wait(job)
    api.post("approvals", dict(request, plan=plan["plan"]), 409)
    api.post("holds", {"name": "tool", "held": True, "reason": "wait"})
    api.post("holds", {"name": "tool", "held": False})
    for kind, names, channel in (
        ("approve", ["tool", "other"], "production"),
        ("recall", ["other"], "production"),
        ("decline", ["other"], None),
    ):
        request = {"kind": kind, "names": names, "channel": channel, "reason": "so"}
        if kind == "approve":
            request["emergency"] = True
        for job in api.post("approvals", request)["jobs"]:
            api.wait(job)
    numbers = [one["number"] for one in api.get("channel-history?channel=production")["items"]]
    back = {"channel": "production", "number": numbers[-1], "reason": "back"}
    api.post("channel-returns", dict(back, dry_run=True))
    for job in api.post("channel-returns", back)["jobs"]:
        api.wait(job)


def change_settings(api):
    settings = api.get("settings")
    api.post("settings", {"ratings": [settings["ratings"][0]], "two_people": settings["two_people"]})
