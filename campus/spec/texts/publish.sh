#!/bin/sh
# Publishes one reading of a cold store. Needs mosquitto_pub, gzip and od; let cron call it once a minute.
set -eu
: "${BROKER:=127.0.0.1}" "${PORT:=1883}"             # the district tells you these two,
: "${SITE:=no-3-primary}" "${AGENT:=acme-fridges}"   # and these two
: "${STATE:=$HOME/.acme-fridges}"                    # what must survive a restart: the counter
: "${CELSIUS:=4.2}"                                  # here your own reading comes in

mkdir -p "$STATE"
[ -f "$STATE/epoch" ] || date +%s > "$STATE/epoch"
partition=$(printf %s "$SITE" | gzip -c | tail -c 8 | od -An -N4 -tu4)   # gzip ends with the CRC-32
topic="campus/1/$(printf %02d $((partition & 63)))/$SITE/$AGENT/up"

publish() { # $1 is "devices" or "samples", $2 the JSON list
    number=$(($(cat "$STATE/number" 2>/dev/null || echo 0) + 1))
    echo "$number" > "$STATE/number"                 # before sending: a gap is harmless, a number used twice is not
    printf '{"v":1,"site":"%s","agent":"%s","epoch":%s,"number":%s,"sent_at":"%s","%s":%s}' \
        "$SITE" "$AGENT" "$(cat "$STATE/epoch")" "$number" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$1" "$2" |
        mosquitto_pub -h "$BROKER" -p "$PORT" -q 1 -t "$topic" -s
}

if [ ! -f "$STATE/announced" ]; then                 # at first, and again when something changes
    publish devices '[{"device":"cold-1","kind":"kitchen_monitor","name":"冷库 1"}]'
    touch "$STATE/announced"
fi
at=$(date -u +%Y-%m-%dT%H:%M:%SZ)
publish samples "[{\"device\":\"cold-1\",\"metric\":\"temperature_cel\",\"at\":\"$at\",\"value\":$CELSIUS}]"
