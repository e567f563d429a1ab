#!/usr/bin/env bash
# Whether exports arrive, and whether they are read. Needs az, signed in with Storage Blob Data Reader on the account of
# the exports (Owner and Contributor are not enough), and for the second half the readers' roles on the app's account.
set -euo pipefail

: "${EXPORT_STORAGE_ACCOUNT:?is an output of infra/main.bicep}"
: "${HOST_STORAGE_ACCOUNT:?is an output of infra/main.bicep}"
: "${EXPORT_CONTAINERS:?is an output of infra/main.bicep}"

today=$(date -u +%Y-%m-%d)
yesterday=$(date -u -d yesterday +%Y-%m-%d 2>/dev/null || date -u -v-1d +%Y-%m-%d)

# 2026-11-20 as exports name it.
path_of() {
  printf 'y=%s/m=%s/d=%s/' "${1%%-*}" "$(cut -d- -f2 <<<"$1")" "${1##*-}"
}

IFS=', ' read -r -a containers <<<"$EXPORT_CONTAINERS"
for container in "${containers[@]}"; do
  echo "── $container"
  # Apart from the test of it: where az may not look, the script ends here, and does not say that there is nothing.
  exists=$(az storage container exists --auth-mode login --account-name "$EXPORT_STORAGE_ACCOUNT" --name "$container" \
    --query exists --output tsv)
  if [ "$exists" != true ]; then
    echo 'not there: the exporter makes it with its first export'
    continue
  fi
  # Exports are laid out by day: of today's and yesterday's the newest are shown. One listing: it is of the whole container,
  # since a name begins with an id that is not known here, and it is billed by 5,000 names.
  newest=$(az storage blob list --auth-mode login --account-name "$EXPORT_STORAGE_ACCOUNT" --container-name "$container" \
    --num-results '*' --output tsv \
    --query "[?contains(name, '$(path_of "$yesterday")') || contains(name, '$(path_of "$today")')].[properties.lastModified, properties.contentLength, name]" |
    sort | tail -n 6)
  echo "${newest:-nothing of today or yesterday: does the exporter still write?}"
done

echo '── read'
AzureWebJobsStorage__accountName=$HOST_STORAGE_ACCOUNT \
  ExportStorage__accountName=$EXPORT_STORAGE_ACCOUNT \
  EXPORT_CONTAINERS=$EXPORT_CONTAINERS \
  npm run -s beaconwatch -- health
