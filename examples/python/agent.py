"""ThingSpace in a session of the agent beside the app (docs/apps.md): no right in AWS, no password, no log-in.

Needs Python's standard library alone. Settings: AGENT_ADDRESS_FILE and AGENT_TOKEN_FILE, as the agent was started.

    python agent.py <iccid>
"""

import http.client
import json
import os
import re
import sys
import time
import urllib.error
import urllib.request

V2 = "http://nphase.com/unifiedwebservice/v2"
DEVICE = "http://schemas.datacontract.org/2004/07/NPhase.UnifiedWebService.APIs.v2.Contract.DeviceService"
PATIENCE_S = 60
# The environment may name a proxy, which the agent refuses.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ask_agent(path, body=None):
    """Returns the agent's document. Waits as long as the agent says, or while it is being started."""
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            # Both are read at each request: an agent that has started anew may have another address and token.
            url = read("AGENT_ADDRESS_FILE") + path
            headers = {"X-ThingSpace-Agent-Token": read("AGENT_TOKEN_FILE")}
            data = None if body is None else json.dumps(body).encode()
            with DIRECT.open(urllib.request.Request(url, data, headers), timeout=PATIENCE_S) as answer:
                return json.loads(answer.read() or "null")
        except urllib.error.HTTPError as answer:
            error = json.load(answer)["error"]
            wait_s = answer.headers.get("Retry-After")
            failure = RuntimeError(f"{error['code']}: {error['message']}")
        except (OSError, http.client.HTTPException) as away:
            # No file, no connection, or a connection that ended: an agent that died gave no answer.
            wait_s = 1
            failure = RuntimeError(f"The agent does not answer ({away}). Start it, and ask again.")
        if wait_s is None or time.monotonic() + int(wait_s) > until:
            raise failure
        time.sleep(int(wait_s))


def read(variable):
    with open(os.environ[variable], encoding="ascii") as file:
        return file.read().strip()


def with_session(send):
    """Runs send(session). Runs it again only when ThingSpace no longer knew the session: it executed nothing then."""
    for _ in range(5):
        session = ask_agent("/session")
        answer = send(session)
        if not re.search(r"<faultcode[^>]*>[^<]*\bSessionToken\.\w+</faultcode>", answer):
            return answer
        ask_agent("/session/gone", {"generation": session["generation"]})
    raise RuntimeError("ThingSpace rejected five sessions. Nothing was executed.")


def device_information(iccid, session):
    envelope = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">'
        f'<s:Header><h:token xmlns:h="{V2}">{session["token"]}</h:token></s:Header>'
        f'<s:Body><v:GetDeviceInformation xmlns:v="{V2}"><v:Input><d:Device xmlns:d="{DEVICE}">{int(iccid)}</d:Device></v:Input>'
        "</v:GetDeviceInformation></s:Body></s:Envelope>"
    )
    request = urllib.request.Request(
        f"{session['baseUrl']}/DeviceService.svc",
        envelope.encode(),
        {
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": f'"{V2}/IDeviceService/GetDeviceInformation"',
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as fault:
        # SOAP 1.1 sends faults with HTTP 500.
        return fault.read().decode()


if __name__ == "__main__":
    print(with_session(lambda session: device_information(sys.argv[1], session)))
