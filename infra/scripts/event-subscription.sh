#!/usr/bin/env bash
# Has Event Grid tell the function `ingestExport` of new exports. Run after a deployment (azd does): the key of the blob
# extension exists only when the app has run once. Running it again changes nothing. Needs az, signed in.
set -euo pipefail

: "${SUBSCRIPTION_ID:?is an output of infra/main.bicep}"
: "${RESOURCE_GROUP:?is an output of infra/main.bicep}"
: "${FUNCTION_APP_NAME:?is an output of infra/main.bicep}"
: "${FUNCTION_APP_HOST:?is an output of infra/main.bicep}"
: "${EXPORT_STORAGE_ACCOUNT_ID:?is an output of infra/main.bicep}"
: "${EXPORT_CONTAINERS:?is an output of infra/main.bicep}"
topic=${SYSTEM_TOPIC_NAME:-}

if [ "${BLOB_TRIGGER:-off}" != EventGrid ]; then
  echo 'BLOB_TRIGGER is off: the sweep finds every export within five minutes, nothing to connect.'
  exit 0
fi

key=
for _ in 1 2 3 4 5 6 7 8 9 10; do
  # A host that is only just starting answers this with an error.
  key=$(az functionapp keys list --subscription "$SUBSCRIPTION_ID" --resource-group "$RESOURCE_GROUP" \
    --name "$FUNCTION_APP_NAME" --query systemKeys.blobs_extension --output tsv || true)
  [ -n "$key" ] && [ "$key" != None ] && break
  key=
  echo 'The app has not made its key for events yet; trying again in half a minute.'
  sleep "${WAIT_SECONDS:-30}"
done
if [ -z "$key" ]; then
  echo "The app has no key blobs_extension: does it start? See the log of $FUNCTION_APP_NAME." >&2
  exit 1
fi

# Only the first container has a trigger. An append blob is created empty and its growth raises no event, so what is
# announced with length 0 is left to the sweep; and an event that is an hour old is no hint any more. Named after the app:
# several may listen to one account.
container=${EXPORT_CONTAINERS%%,*}
settings=(
  --subscription "$SUBSCRIPTION_ID"
  --name "$FUNCTION_APP_NAME"
  --endpoint-type webhook
  --endpoint "https://$FUNCTION_APP_HOST/runtime/webhooks/blobs?functionName=Host.Functions.ingestExport&code=$key"
  --included-event-types Microsoft.Storage.BlobCreated
  --subject-begins-with "/blobServices/default/containers/${container// /}/"
  --advanced-filter data.contentLength NumberGreaterThan 0
  --event-ttl 60
  --max-delivery-attempts 5
  --output none
)
if [ -n "$topic" ]; then
  az eventgrid system-topic event-subscription create --resource-group "$RESOURCE_GROUP" \
    --system-topic-name "$topic" "${settings[@]}"
else
  # An account of somebody else's, which may have its topic already: az finds it, or makes it.
  az eventgrid event-subscription create --source-resource-id "$EXPORT_STORAGE_ACCOUNT_ID" "${settings[@]}"
fi
echo "Event Grid tells $FUNCTION_APP_NAME of new blobs in ${container// /}."
