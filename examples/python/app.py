"""Makes a request for each line on its input, and says how it ended."""

import sys

from thingspace_session import NoSession, Session, rest, soap

session = Session()


def request(document):
    """Any request: over the API that the document names."""
    if document["transport"] == "rest":
        return rest(document, "/devices/actions/list", {"accountName": "0000123456-00001"}).ok
    return "GetDeviceInformationResponse" in soap(
        document, "DeviceService", "GetDeviceInformation", Device="89148000000000000000"
    )


for _ in sys.stdin:
    try:
        print("done" if session.run(request) else "failed", flush=True)
    except NoSession as why:
        print(f"no session: {why}", flush=True)
