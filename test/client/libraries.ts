import axios from 'axios';
import ky from 'ky';
import { ofetch } from 'ofetch';
import soap from 'soap';
import { Agent, interceptors, request, fetch as undiciFetch } from 'undici';
import { throwIfSessionGone } from '../../client/index.ts';

/** Sends one request to an address, and ends in the error that the library throws for a refusal. */
export type Call = (url: string) => Promise<unknown>;

const BODY = { accountName: '0000123456-00001' };
const ERRORS = new Agent().compose(interceptors.responseError());

/** The libraries by the way in which an app uses them. */
export const LIBRARIES: Record<string, Call> = {
  axios: (url) => axios.post(url, BODY),
  'axios with bytes': (url) => axios.post(url, BODY, { responseType: 'arraybuffer' }),
  'axios with text': (url) => axios.post(url, BODY, { responseType: 'text', transformResponse: [] }),
  'axios with a stream': (url) => axios.post(url, BODY, { responseType: 'stream' }),
  fetch: async (url) => throwIfSessionGone(await fetch(url, { method: 'POST' })),
  'fetch, with the answer thrown': async (url) => {
    throw await fetch(url, { method: 'POST' });
  },
  ky: (url) => ky.post(url, { json: BODY, retry: 0 }).json(),
  ofetch: (url) => ofetch(url, { method: 'POST', body: BODY, retry: 0 }),
  'fetch of undici': async (url) => throwIfSessionGone((await undiciFetch(url, { method: 'POST' })) as never),
  'undici with responseError': (url) => request(url, { method: 'POST', dispatcher: ERRORS }),
  'undici with the text': async (url) => {
    const { body } = await request(url, { method: 'POST' });
    return throwIfSessionGone(await body.text());
  },
  soap: async (url) => {
    const client = await soap.createClientAsync(`${url}.svc?wsdl`, { endpoint: url });
    await client.GetDeviceInformationAsync({ Input: { Device: {} } });
  },
};
