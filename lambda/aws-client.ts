/** Every AWS client of the function: a slow service must leave time for a second try, and for the others. */
export const AWS_CLIENT = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 1_500, requestTimeout: 3_000, throwOnRequestTimeout: true },
};

/** The name of the function and the tool in the `User-Agent` of their calls (`app/…`): CloudTrail shows whose read it was. */
export const OWN_PROGRAM = 'thingspace-rotation';
