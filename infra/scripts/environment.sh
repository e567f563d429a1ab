# shellcheck shell=bash
# Sourced by the scripts beside it: the outputs of the deployment. azd puts them into the environment of a hook; by hand
# they are read from `azd env get-values`.

# require NAME...: loads the outputs if need be. Ends the script where one of these names is missing.
require() {
  local name values
  if [ -z "${RESOURCE_GROUP:-}" ] && command -v azd >/dev/null; then
    # No environment is selected: azd says so, and the names below are missing.
    values=$(azd env get-values) || values=
    set -a
    eval "$values"
    set +a
  fi
  for name; do
    if [ -z "${!name:-}" ]; then
      echo "$name is not set. It is an output of infra/main.bicep: run azd env refresh, or azd up." >&2
      exit 1
    fi
  done
}
