#!/usr/bin/env bash
# What Defender needs before it can export to the storage account, and what a person has to click. Needs az, signed in.
set -euo pipefail

: "${EXPORT_STORAGE_ACCOUNT_ID:?is an output of infra/main.bicep}"
subscription=$(printf %s "$EXPORT_STORAGE_ACCOUNT_ID" | cut -d/ -f3)

# The exporter writes through Azure Monitor, which must be known in the subscription of the account.
state=$(az provider show --namespace Microsoft.Insights --subscription "$subscription" --query registrationState --output tsv)
if [ "$state" != Registered ]; then
  az provider register --namespace Microsoft.Insights --subscription "$subscription" --wait
fi
firewall=$(az storage account show --ids "$EXPORT_STORAGE_ACCOUNT_ID" \
  --query "join(' ', [networkRuleSet.defaultAction, networkRuleSet.bypass])" --output tsv)
case $firewall in
  Allow* | *AzureServices*) ;;
  *)
    echo 'The storage account does not let trusted Microsoft services in: Networking → Exceptions.' >&2
    exit 1
    ;;
esac

cat <<TEXT
Microsoft.Insights is registered, and trusted services may write. There is no documented API for the rest; in the
Defender portal (https://security.microsoft.com), as Security Administrator, with Contributor on the account:

1. Settings → Endpoints → Advanced features → Aggregated reporting: on. It takes up to seven days until reports come.
2. Settings → Microsoft Defender XDR → Streaming API → Add. Any name; Forward events to Azure Storage; the resource id

     $EXPORT_STORAGE_ACCOUNT_ID

   and of the event types, under Devices: DeviceNetworkEvents.

The first export comes within 15 minutes, at most a day: bash infra/scripts/check-export.sh
TEXT
