#!/usr/bin/env bash
# Subscribes the function `ingestExport` to new exports on Event Grid. azd runs it after a deployment: the key of the blob
# extension exists only once the app has run. Running it again changes nothing. Needs az, signed in.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

require SUBSCRIPTION_ID RESOURCE_GROUP FUNCTION_APP_NAME FUNCTION_APP_HOST EXPORT_STORAGE_ACCOUNT_ID EXPORT_CONTAINERS
topic=${SYSTEM_TOPIC_NAME:-}

if [ "${BLOB_TRIGGER:-off}" != EventGrid ]; then
  echo 'BLOB_TRIGGER is off: the sweep finds every export within five minutes. Nothing to connect.'
  exit 0
fi

key=
for _ in 1 2 3 4 5 6 7 8 9 10; do
  # A host that is still starting answers with an error.
  key=$(az functionapp keys list --subscription "$SUBSCRIPTION_ID" --resource-group "$RESOURCE_GROUP" \
    --name "$FUNCTION_APP_NAME" --query systemKeys.blobs_extension --output tsv || true)
  [ -n "$key" ] && [ "$key" != None ] && break
  key=
  echo 'The app has not created its key for events yet. Trying again in half a minute.'
  sleep "${WAIT_SECONDS:-30}"
done
if [ -z "$key" ]; then
  echo "The app has no key blobs_extension. Does it start? See the log of $FUNCTION_APP_NAME." >&2
  exit 1
fi

# By a file, which az reads for `@`: a list of processes shows arguments, and cmd.exe splits them at `&`.
endpoint=$(mktemp)
trap 'rm -f "$endpoint"' EXIT
printf 'https://%s/runtime/webhooks/blobs?functionName=Host.Functions.ingestExport&code=%s' "$FUNCTION_APP_HOST" "$key" >"$endpoint"

# Only the first container has a trigger. An append blob is created empty, and its growth raises no event: the sweep reads
# it. An event older than an hour is of no use. Named after the app: several apps can subscribe to one account.
container=${EXPORT_CONTAINERS%%,*}
settings=(
  --subscription "$SUBSCRIPTION_ID"
  --name "$FUNCTION_APP_NAME"
  --endpoint-type webhook
  --endpoint "@$endpoint"
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
  # An existing account can have a topic already: az finds it, or creates one.
  az eventgrid event-subscription create --source-resource-id "$EXPORT_STORAGE_ACCOUNT_ID" "${settings[@]}"
fi
echo "Event Grid notifies $FUNCTION_APP_NAME of new blobs in ${container// /}."
