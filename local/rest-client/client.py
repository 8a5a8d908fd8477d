"""An independent client of ThingSpace's REST API: Python's requests, written from the published pages alone.

Reads one JSON object with the addresses and the credential from standard input, and prints one JSON object with
what it met. Nothing of this project is used, and no request is repeated.
"""

import json
import sys

import requests

given = json.load(sys.stdin)
met = {}


def token(secret):
    """Asks the token endpoint, and returns the whole answer."""
    return requests.post(
        given["token"],
        auth=(given["apiKey"], secret),
        data={"grant_type": "client_credentials"},
        headers={"Accept": "application/json"},
        timeout=10,
    )


def call(method, path, bearer, session=None, body=None):
    """Makes one session call; requests follows no redirection here."""
    headers = {"Accept": "application/json"}
    if bearer is not None:
        headers["Authorization"] = f"Bearer {bearer}"
    if session is not None:
        headers["VZ-M2M-Token"] = session
    url = given["rest"] + path
    return requests.request(method, url, headers=headers, json=body, timeout=10, allow_redirects=False)


def log_in(bearer, password):
    body = {"username": given["username"], "password": password}
    return call("POST", "/session/login", bearer, body=body)


def code(answer):
    """The status, and the code of the backend, the gateway, or the token service."""
    body = answer.json()
    found = body.get("errorCode") or body.get("error") or body.get("fault", {}).get("code")
    return f"{answer.status_code} {found}"


met["wrong secret"] = code(token("wrong"))
first, again = token(given["apiSecret"]).json(), token(given["apiSecret"]).json()
bearer = first["access_token"]
met["same bearer"] = again["access_token"] == bearer and 0 < again["expires_in"] <= first["expires_in"] <= 3600

met["wrong bearer"] = code(log_in("0" * 32, given["password"]))
met["no bearer"] = code(log_in(None, given["password"]))
met["wrong password"] = code(log_in(bearer, "wrong"))

session = log_in(bearer, given["password"]).json()["sessionToken"]
reset = "/session/password/actions/reset"
met["wrong session"] = code(call("PUT", reset, bearer, "0f0e0d0c-0000-4000-8000-000000000001", {"oldPassword": "x"}))
met["newPassword"] = call("PUT", reset, bearer, session, {"oldPassword": given["password"]}).json()["newPassword"]
met["old password"] = code(log_in(bearer, given["password"]))

second = log_in(bearer, met["newPassword"]).json()["sessionToken"]
out = call("POST", "/session/logout", bearer, second)
met["log-out"] = out.status_code == 200 and out.json()["sessionToken"] == second
met["log-out again"] = code(call("POST", "/session/logout", bearer, second))
print(json.dumps(met))
