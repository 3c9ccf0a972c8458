#!/bin/bash
# Run once by InfluxDB's own image, at the first start of an empty volume: two tokens, each for one reader and no more than it needs.
# The controller makes and fills the buckets of its organisation; Grafana only reads them. The first token, of the server's
# administrator, is nobody's in daily life.
set -euo pipefail

# token FILE DESCRIPTION PERMISSION...: FILE's folder gives it to the group that may read it.
token() {
    local file=$1 description=$2 made
    shift 2
    made=$(influx auth create --org "$DOCKER_INFLUXDB_INIT_ORG" --description "$description" --json "$@" |
        sed -n 's/^.*"token": *"\([^"]*\)".*$/\1/p')
    [ -n "$made" ] || { echo "tokens.sh: InfluxDB made no token for $description" >&2; exit 1; }
    rm -f "$file.new"
    (umask 0337 && printf '%s\n' "$made" >"$file.new")
    mv "$file.new" "$file"
}

token /tokens/controller/token.txt "Campanile controller" --read-orgs --read-buckets --write-buckets --read-dbrp --write-dbrp
token /tokens/grafana/token.txt "Grafana, read only" --read-buckets
