#!/usr/bin/env bash
# Lets the hub's own npm client work with the test hub: run.sh SERVER FOLDER [SCRIPT ARGUMENT …]
# Installs the client (package-lock.json) into FOLDER. 77 = skipped: no npm, or no way to the registry.
set -euo pipefail
server=$1 folder=$2 script=${3:-check.mjs}
shift 2; [ $# -eq 0 ] || shift
here=$(cd "$(dirname "$0")" && pwd)
if ! command -v npm >/dev/null || ! command -v node >/dev/null; then
  echo "npm is not installed: the check with the hub's own client is skipped"
  exit 77
fi
if [ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 20')" != true ]; then
  echo "node $(node --version) is too old for the hub's client (20 is needed): skipped"
  exit 77
fi
mkdir -p "$folder"
cp "$here/package.json" "$here/package-lock.json" "$here"/*.mjs "$folder"
cd "$folder"
if ! cmp -s package-lock.json node_modules/.installed-lock; then
  if ! npm ci --ignore-scripts --no-audit --no-fund --loglevel=error; then
    echo "the npm registry cannot be reached: the check with the hub's own client is skipped"
    exit 77
  fi
  cp package-lock.json node_modules/.installed-lock
fi
node "$script" "$server" "$@"
