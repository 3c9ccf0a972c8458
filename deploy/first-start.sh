#!/bin/sh
# Makes every secret of compose.yaml, in one folder for each service, and an authority for its certificates. The service first-start
# runs it at each `docker compose up`: what is there stays, a certificate that soon ends is renewed.
#
#   first-start.sh KEYS              what is missing
#   first-start.sh KEYS school ID    a school's user at the broker; prints what its agent needs
#
# KEYS/<service> belongs to that service's user alone, files mode 0400. CAMPANILE_NAME is the name people and schools dial.
set -eu
umask 0077
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=keys.sh
. "$here/keys.sh"
keys=${1:?"first-start.sh KEYS [school ID]"}
name=${CAMPANILE_NAME:-localhost}

# folder NAME USER GROUP MODE: a place that only this service reads.
folder() {
    mkdir -p "$keys/$1"
    [ "$(stat -c %a "$keys/$1")" = "$4" ] || chmod "$4" "$keys/$1"
    if [ "$(id -u)" = 0 ]; then
        find "$keys/$1" -xdev \( ! -user "$2" -o ! -group "$3" \) -exec chown -h "$2:$3" {} +
    fi
}

# copied FROM TO: the same bytes, written only where they differ.
copied() {
    cmp -s "$1" "$2" || keep "$2" <"$1"
}

secrets_of_services() {
    new_secret "$keys/database/password.txt"
    [ -s "$keys/controller/database-url.txt" ] ||
        printf 'postgresql+psycopg://campanile:%s@database:5432/campanile\n' "$(cat "$keys/database/password.txt")" |
        keep "$keys/controller/database-url.txt"
    new_secret "$keys/influxdb/password.txt"
    new_secret "$keys/influxdb/token.txt"
    new_secret "$keys/grafana/admin-password.txt"
    new_secret "$keys/grafana/secret-key.txt"
}

# school ID: its user at the broker. The secret stays with the authority, so that it can be shown again.
school() {
    mkdir -p "$keys/authority/schools"
    broker_user "$keys/broker/passwords" "$1" "$keys/authority/schools/$1.txt"
}

broker() {
    copied "$here/mosquitto/acl" "$keys/broker/acl"
    broker_user "$keys/broker/passwords" controller "$keys/controller/broker-password.txt"
    broker_user "$keys/broker/passwords" healthcheck "$keys/broker/healthcheck.txt"
    # Read by mosquitto_sub from there, so that the password stands in no list of processes.
    mkdir -p "$keys/broker/client"
    [ -s "$keys/broker/client/mosquitto_sub" ] ||
        printf -- '-h 127.0.0.1\n-u healthcheck\n-P %s\n' "$(cat "$keys/broker/healthcheck.txt")" |
        keep "$keys/broker/client/mosquitto_sub"
    school centre
    copied "$keys/authority/schools/centre.txt" "$keys/agent/broker-password.txt"
    school no-1-primary
    copied "$keys/authority/schools/no-1-primary.txt" "$keys/simulator/broker-password.txt"
}

certificates() {
    new_authority "$keys/authority"
    for server in broker console grafana; do
        server_certificate "$keys/authority" "$keys/$server" "DNS:$name,DNS:$server,DNS:localhost,IP:127.0.0.1"
    done
    for client in controller agent simulator; do
        copied "$keys/authority/ca.pem" "$keys/$client/ca.pem"
    done
}

# The users of the images; compose.yaml names the same. InfluxDB writes two tokens for others at its own first start.
everybody() {
    folder authority 0 0 700
    folder broker 1883 1883 700
    folder controller 10001 10001 700
    folder agent 10001 10001 700
    folder simulator 10001 10001 700
    folder console 101 101 700
    folder grafana 472 472 700
    folder database 999 999 700
    folder influxdb 1000 1000 700
    folder token-controller 1000 10001 2750
    folder token-grafana 1000 472 2750
}

everybody
secrets_of_services
certificates
broker
if [ "${2:-}" = school ]; then
    id=${3:-}
    good_school "$id" || { echo "first-start: '$id' cannot be a school's id: small letters, digits and - only" >&2; exit 2; }
    school "$id"
    echo "username: $id"
    echo "password: $(cat "$keys/authority/schools/$id.txt")"
    cat "$keys/authority/ca.pem"
fi
everybody
