/** Answers as the WCF service writes them (`docs/thingspace-api.md`). Values go in as XML. */
const contract = 'http://schemas.datacontract.org/2004/07/NPhase.UnifiedWebService.APIs.v2.Contract';

function envelope(content: string): string {
  return `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>${content}</s:Body></s:Envelope>`;
}

export function answer(operation: string, output: string): string {
  return envelope(
    `<${operation}Response xmlns="http://nphase.com/unifiedwebservice/v2">` +
      '<Output xmlns:i="http://www.w3.org/2001/XMLSchema-instance" ' +
      `xmlns:a="${contract}.AccountService">${output}</Output></${operation}Response>`,
  );
}

export function newPasswordAnswer(passwordXml: string): string {
  return answer('GetNewPassword', `<a:NewPassword>${passwordXml}</a:NewPassword>`);
}

export function sessionAnswer(token: string): string {
  return answer('LogIn', `<a:SessionToken>${token}</a:SessionToken>`);
}

export function fault(faultcode: string, faultstring = 'A text that changes between versions'): string {
  return envelope(
    `<s:Fault><faultcode>${faultcode}</faultcode><faultstring xml:lang="en-US">${faultstring}</faultstring></s:Fault>`,
  );
}
