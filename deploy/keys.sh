# shellcheck shell=sh
# How secrets and certificates are made, for first-start.sh and install.sh, which read this file. Needs openssl and python3.
# What is there stays: every function may be called again and again. Files are written whole, mode 0400, under another name first.

CAMPANILE_DAYS=825  # of a server's certificate: the longest that browsers believe
CAMPANILE_RENEW_S=2592000  # a certificate that lasts less than 30 days is made anew

# keep FILE: standard input becomes FILE. Nothing is never kept: whatever should have made it has failed.
keep() {
    (umask 0377 && rm -f "$1.new" && cat >"$1.new") || return 1
    [ -s "$1.new" ] || { rm -f "$1.new"; echo "keys.sh: there is nothing to put into $1" >&2; return 1; }
    mv "$1.new" "$1"
}

# new_secret FILE: 192 random bits.
new_secret() {
    [ -s "$1" ] || openssl rand -hex 24 | keep "$1"
}

# new_authority FOLDER: ca.pem and ca.key, for ten years. ca.key signs the servers' certificates and goes nowhere.
new_authority() {
    [ -s "$1/ca.pem" ] && return
    (umask 0077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
        -subj "/CN=Campanile authority" -addext "keyUsage=critical,keyCertSign,cRLSign" \
        -keyout "$1/ca.key" -out "$1/ca.pem") 2>/dev/null
    chmod 0400 "$1/ca.key" "$1/ca.pem"
}

# server_certificate AUTHORITY FOLDER NAMES: server.pem and server.key in FOLDER for all NAMES ("DNS:a,IP:127.0.0.1"). Made anew
# when it soon ends, when the names are others, or when it is no longer of this authority. One of somebody else's is left alone.
server_certificate() {
    if [ -s "$2/server.pem" ]; then
        openssl x509 -in "$2/server.pem" -noout -issuer | grep -q "Campanile authority" || return 0
        [ "$(cat "$2/names" 2>/dev/null)" = "$3" ] &&
            openssl x509 -in "$2/server.pem" -noout -checkend "$CAMPANILE_RENEW_S" >/dev/null &&
            openssl verify -CAfile "$1/ca.pem" "$2/server.pem" >/dev/null 2>&1 && return 0
    fi
    rm -f "$2/server.key" "$2/request" "$2/extensions"
    (umask 0077 && openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
        -subj "/CN=$(printf '%s' "$3" | sed 's/^[A-Z]*://; s/,.*//')" -keyout "$2/server.key" -out "$2/request") 2>/dev/null
    printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n' "$3" >"$2/extensions"
    openssl x509 -req -in "$2/request" -CA "$1/ca.pem" -CAkey "$1/ca.key" -set_serial "0x$(openssl rand -hex 15)" \
        -days "$CAMPANILE_DAYS" -extfile "$2/extensions" 2>/dev/null | keep "$2/server.pem"
    printf '%s\n' "$3" | keep "$2/names"
    chmod 0400 "$2/server.key"
    rm -f "$2/request" "$2/extensions"
}

# broker_user PASSWORDS USER SECRET_FILE: let USER into Mosquitto with the secret in that file, which is made when it is missing.
broker_user() {
    new_secret "$3"
    grep -qs "^$2:" "$1" && return 0
    digest=$(mosquitto_digest <"$3") || return 1
    { cat "$1" 2>/dev/null || true; printf '%s:%s\n' "$2" "$digest"; } | keep "$1"
}

# mosquitto_digest: what Mosquitto keeps of the password on standard input: PBKDF2 of SHA-512 with its own number of rounds, for
# the passwords are random.
mosquitto_digest() {
    # shellcheck disable=SC2016  # the dollars are Mosquitto's
    python3 -c '
import base64, hashlib, os, sys
salt, rounds = os.urandom(12), 101
key = hashlib.pbkdf2_hmac("sha512", sys.stdin.buffer.read().strip(), salt, rounds)
print(f"$7${rounds}${base64.b64encode(salt).decode()}${base64.b64encode(key).decode()}")'
}

# good_school ID: whether it can be a user of the broker, and is none of those there are anyway, and a part of a topic.
good_school() {
    case $1 in controller | healthcheck) return 1 ;; esac
    printf '%s' "$1" | tr '\n' '!' | grep -Eqx '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?'
}
