#!/usr/bin/env bash
# Prepares Azure for Defender's export to the storage account, and prints what a person has to click. Needs az, signed in.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

require EXPORT_STORAGE_ACCOUNT_ID
subscription=$(printf %s "$EXPORT_STORAGE_ACCOUNT_ID" | cut -d/ -f3)

# The exporter writes through Azure Monitor, whose provider must be registered in the subscription of the account.
state=$(az provider show --namespace Microsoft.Insights --subscription "$subscription" --query registrationState --output tsv)
if [ "$state" != Registered ]; then
  az provider register --namespace Microsoft.Insights --subscription "$subscription" --wait
fi
firewall=$(az storage account show --ids "$EXPORT_STORAGE_ACCOUNT_ID" \
  --query "join(' ', [publicNetworkAccess || 'Enabled', networkRuleSet.defaultAction, networkRuleSet.bypass])" --output tsv)
case $firewall in
  'Enabled Allow '* | 'Enabled '*AzureServices*) ;;
  *)
    echo 'The storage account refuses trusted Microsoft services: Networking → Exceptions.' >&2
    exit 1
    ;;
esac

cat <<TEXT
Microsoft.Insights is registered, and trusted services may write. The rest has no documented API. In the Defender portal
(https://security.microsoft.com), as Security Administrator with Contributor on the account:

1. Settings → Endpoints → Advanced features → Aggregated reporting: on. Reports begin within seven days.
2. Settings → Microsoft Defender XDR → Streaming API → Add. Any name; Forward events to Azure Storage; the resource id

     $EXPORT_STORAGE_ACCOUNT_ID

   Event types, under Devices: DeviceNetworkEvents.

The first export arrives within 15 minutes, at the latest after a day. To check: bash infra/scripts/check-export.sh
TEXT
