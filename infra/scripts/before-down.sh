#!/usr/bin/env bash
# Stops `azd down` where the deployment uses resources that were there before. azd deletes every resource group that a
# deployment has written to, with all its content (Azure/azure-dev, issue 2916). Both are compared: the inputs of the next
# deployment and the outputs of the last one. Unknown outputs stop it too.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

stop() {
  cat >&2 <<TEXT
Stopped: $1
azd down would delete every resource group that the deployment has written to, with all its content. Follow "Uninstall" in
docs/deploy.md instead.
TEXT
  exit 1
}

require SUBSCRIPTION_ID RESOURCE_GROUP EXPORT_STORAGE_ACCOUNT_ID EXISTING_RESOURCES

[ "$EXISTING_RESOURCES" = none ] || stop "the last deployment uses $EXISTING_RESOURCES."
for id in "${BEACONWATCH_EXPORT_ACCOUNT_ID:-}" "${BEACONWATCH_SENTINEL_WORKSPACE_ID:-}"; do
  [ -z "$id" ] || stop "this azd environment names $id."
done
own=/subscriptions/$SUBSCRIPTION_ID/resourceGroups/$RESOURCE_GROUP/
# Azure ignores the case of ids.
shopt -s nocasematch
case $EXPORT_STORAGE_ACCOUNT_ID in
  "$own"*) ;;
  *) stop "the exports are in $EXPORT_STORAGE_ACCOUNT_ID, which is outside $RESOURCE_GROUP." ;;
esac
