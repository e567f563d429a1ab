#!/usr/bin/env bash
# Shows whether exports arrive and whether they are read. Needs az, signed in with Storage Blob Data Reader on the export
# account (Owner and Contributor are not enough). The second half needs the operators' roles on the app's account.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

require EXPORT_STORAGE_ACCOUNT HOST_STORAGE_ACCOUNT EXPORT_CONTAINERS

today=$(date -u +%Y-%m-%d)
yesterday=$(date -u -d yesterday +%Y-%m-%d 2>/dev/null || date -u -v-1d +%Y-%m-%d)

# 2026-11-20 as it stands in the names of exports.
path_of() {
  printf 'y=%s/m=%s/d=%s/' "${1%%-*}" "$(cut -d- -f2 <<<"$1")" "${1##*-}"
}

IFS=', ' read -r -a containers <<<"$EXPORT_CONTAINERS"
for container in "${containers[@]}"; do
  echo "── $container"
  # Not within the test below: where az has no access, the script ends here and does not report an empty container.
  exists=$(az storage container exists --auth-mode login --account-name "$EXPORT_STORAGE_ACCOUNT" --name "$container" \
    --query exists --output tsv)
  if [ "$exists" != true ]; then
    echo 'does not exist: the exporter creates it with its first export'
    continue
  fi
  # Exports are named by day: this shows the newest of today and yesterday. One list request covers the whole container,
  # since a name begins with an id that is unknown here. It is billed per 5,000 names.
  newest=$(az storage blob list --auth-mode login --account-name "$EXPORT_STORAGE_ACCOUNT" --container-name "$container" \
    --num-results '*' --output tsv \
    --query "[?contains(name, '$(path_of "$yesterday")') || contains(name, '$(path_of "$today")')].[properties.lastModified, properties.contentLength, name]" |
    sort | tail -n 6)
  echo "${newest:-no export of today or yesterday: does the exporter still write?}"
done

echo '── read'
AzureWebJobsStorage__accountName=$HOST_STORAGE_ACCOUNT \
  ExportStorage__accountName=$EXPORT_STORAGE_ACCOUNT \
  EXPORT_CONTAINERS=$EXPORT_CONTAINERS \
  npm run -s beaconwatch -- health
