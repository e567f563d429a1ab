// An app of functions that log what they are handed, for the tests of the local host.
const { app } = require('@azure/functions');
const { ResourceFactoryResolver } = require('@azure/functions-extensions-base');

ResourceFactoryResolver.getInstance().registerResourceFactory('AzureStorageBlobs', ({ content, ...data }) => ({
  ...data,
  content: JSON.parse(String(content)),
}));

const answer = (input, context) =>
  context.log(JSON.stringify({ input, function: context.functionName, triggerMetadata: context.triggerMetadata }));

app.storageQueue('queued', { queueName: 'work', connection: 'AzureWebJobsStorage', handler: answer });
app.storageBlob('uploaded', {
  path: 'exports/{name}',
  connection: 'AzureWebJobsStorage',
  sdkBinding: true,
  handler: answer,
});
app.timer('hourly', { schedule: '0 0 * * * *', handler: answer });
app.storageQueue('failing', {
  queueName: 'doomed',
  connection: 'AzureWebJobsStorage',
  handler: (_message, context) => {
    context.log('about to fail');
    throw new Error('as planned');
  },
});
app.http('things', {
  methods: ['GET'],
  route: 'things/{kind}/{id?}',
  handler: (request) => ({
    status: 201,
    headers: { 'x-kind': request.params.kind },
    jsonBody: {
      params: request.params,
      query: Object.fromEntries(request.query),
      accept: request.headers.get('accept'),
    },
  }),
});
app.http('notes', {
  methods: ['POST'],
  route: 'notes',
  handler: async (request) => ({ jsonBody: { type: request.headers.get('content-type'), body: await request.json() } }),
});
