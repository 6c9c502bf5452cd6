"""The part of the road that a browser walks: the first owner, people, tokens, signing out."""

from visitor import PASSWORD, Visitor


class CheckedVisitor(Visitor):
    """A browser whose answers are held against the document, too."""

    def __init__(self, api):
        super().__init__(api.sluice)
        self.api = api

    def ask(self, method, path, body=None, headers=None):
        return self.api.check(method, path, body, super().ask(method, path, body, headers))


def sign_in(api):
    visitor = CheckedVisitor(api)
    assert visitor.get("session").json["needs"] == "set-up"
    code = api.post("setup-codes", {}, 201)["code"]
    assert visitor.post("setup", code=code, name="ann", password=PASSWORD).status == 201
    assert visitor.post("session-confirmations", password=PASSWORD).status == 200
    assert visitor.get("session").json["person"] == "ann"
    account = {"name": "bob", "role": "viewer", "password": PASSWORD}
    assert visitor.post("people", **account).status == 201
    assert visitor.post("person-roles", name="bob", role="approver").status == 200
    assert visitor.post("person-passwords", name="bob", password=PASSWORD).status == 200
    assert visitor.post("api-tokens", name="x", role="viewer", lives_s=60).status == 201
    for path in ("people?format=csv", "people", "api-tokens"):
        assert visitor.get(path).status == 200
    assert visitor.delete(f"api-tokens/{visitor.get('api-tokens').json['items'][0]['id']}").status == 200
    assert visitor.delete("people/bob").status == 200
    assert visitor.delete("login-failures").status == 200
    assert visitor.delete("session").status == 200
    assert visitor.sign_in("ann").status == 200
    assert visitor.delete("sessions").status == 200
