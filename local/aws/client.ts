/** The settings of an SDK client in this world; its services accept any key. */
export const clientAt = (endpoint = '', region = 'us-east-1') => ({
  region,
  endpoint,
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
});
