"""ThingSpace through the access function (docs/access.md): no password, no log-in, no rights on the secret.

A stock SOAP client, zeep, whose requests are signed for AWS. Needs: pip install zeep botocore
Settings: ACCESS_URL (the stack's output AccessUrl), CREDENTIAL, AWS_REGION, and AWS credentials as every SDK finds them.

    python access.py list
    python access.py change <iccid> <value of CustomField1>

ON_BEHALF_OF names the application user, where the caller may speak for others.
"""

import os
import sys

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.session import Session as AwsSession
from requests import Session
from requests.auth import AuthBase
from zeep import Client
from zeep.exceptions import Fault
from zeep.transports import Transport

V2 = "http://nphase.com/unifiedwebservice/v2"
# Where the contract is read from: ThingSpace itself. Only requests go through the access function.
WSDL_BASE = os.environ.get("THINGSPACE_BASE_URL", "https://uws.apps.nphase.com/api/v2")


class SignedForLambda(AuthBase):
    """Signs POSTs for a Function URL with IAM authorization."""

    def __init__(self, region):
        self._signer = SigV4Auth(AwsSession().get_credentials(), "lambda", region)

    def __call__(self, request):
        if request.method != "POST":
            return request
        wanted = {"content-type", "soapaction", "x-on-behalf-of"}
        headers = {name: value for name, value in request.headers.items() if name.lower() in wanted}
        signed = AWSRequest(request.method, request.url, headers, request.body)
        self._signer.add_auth(signed)
        request.headers.update(dict(signed.headers))
        return request


def service(name):
    http = Session()
    http.auth = SignedForLambda(os.environ["AWS_REGION"])
    if os.environ.get("ON_BEHALF_OF"):
        http.headers["x-on-behalf-of"] = os.environ["ON_BEHALF_OF"]
    client = Client(f"{WSDL_BASE}/{name}.svc?wsdl", transport=Transport(session=http, operation_timeout=95))
    address = f"{os.environ['ACCESS_URL'].rstrip('/')}/{os.environ['CREDENTIAL']}/{name}.svc"
    return client.create_service(f"{{{V2}}}BasicHttpBinding_I{name}", address)


def list_devices():
    output = service("DeviceService").GetDeviceList(Input={})
    for device in output.Devices.DeviceInformation:
        names = [f"{one.Kind} {one.Identifier}" for one in device.DeviceIdentifiers.DeviceIdentifier]
        fields = device.CustomFields.CustomFieldObj if device.CustomFields else []
        print(device.AccountName, *names, *(f"{one.Name}={one.Value}" for one in fields))


def change(iccid, value):
    identifier = {"Identifier": iccid, "Kind": "ICCID"}
    collection = {"DeviceIdentifiers": {"DeviceIdentifier": [identifier]}}
    output = service("CarrierService").ChangeDeviceCustomFields(
        Input={
            "CustomFieldsToUpdate": {"CustomField": [{"Name": "CustomField1", "Value": value}]},
            "DeviceList": {"DeviceIdentifierCollection": [collection]},
        }
    )
    print("accepted", output)


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    try:
        {"list": list_devices, "change": change}[command](*arguments)
    except Fault as fault:
        rule = fault.detail.findtext(".//{urn:thingspace-access}rule") if fault.detail is not None else None
        print(f"fault {fault.code} {rule or '-'}: {fault.message}")
        sys.exit(1)
