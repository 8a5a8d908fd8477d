"""Makes a request for each line on its input, and says how it ended: what local/python-example.ts plays with."""

import os
import sys

from thingspace_session import LogInStopped, Session, soap

base_url = os.environ["THINGSPACE_BASE_URL"]
session = Session(
    os.environ["SECRET_ARN"], "python example", base_url, os.environ["LEDGER_TABLE"], os.environ["ALARM_TOPIC_ARN"]
)


def device(token):
    return soap(base_url, "DeviceService", "GetDeviceInformation", token, [("Device", "89148000000000000000")])


for _ in sys.stdin:
    try:
        answer = session.run(device)
        print("done" if "GetDeviceInformationResponse" in answer else "failed", flush=True)
    except LogInStopped as stopped:
        print(f"stopped: {stopped}", flush=True)
