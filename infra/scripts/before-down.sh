#!/usr/bin/env bash
# Stops `azd down` where the deployment has put something into a resource group of somebody else: azd deletes every group
# that a deployment has put anything into, whole, also those that were there before (Azure/azure-dev, issue 2916).
set -euo pipefail

others=()
for id in "${BEACONWATCH_EXPORT_ACCOUNT_ID:-}" "${BEACONWATCH_SENTINEL_WORKSPACE_ID:-}"; do
  # /subscriptions/<3>/resourceGroups/<5>/…
  [ -z "$id" ] || others+=("$(cut -d/ -f5 <<<"$id")")
done
if [ "${#others[@]}" -eq 0 ]; then exit 0; fi

cat >&2 <<TEXT
Stopped: azd would delete these resource groups too, with everything in them: ${others[*]}
They hold what you gave this deployment, the account of the exports or the workspace of Sentinel. Delete the deployment's
own group with az instead, as docs/operations.md, Uninstall, says.
TEXT
exit 1
