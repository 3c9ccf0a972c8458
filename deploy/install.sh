#!/bin/sh
# Installs Campanile on Debian 12 or newer, without containers. A second run upgrades and keeps every configuration, secret and sample.
#
#   install.sh controller [--name NAME] [--with-influxdb]   at the district centre: Mosquitto with TLS, the controller, a nightly backup
#   install.sh agent --site ID --broker HOST [--port 8883] [--password-file FILE] [--ca-file FILE]      in a school
#   install.sh school ID         at the centre: let a school's agent in; prints what its agent needs
#   install.sh uninstall         asks, then removes units and programs; configuration, secrets and data stay
#
#   --from SOURCE   what pip installs: a checkout, or a wheel; left out, the checkout this script lies in
#   --name NAME     what schools dial; left out, what it was before, or this machine's full name
#   --dry-run       say what would be done
#   --yes           do not ask
set -eu
umask 0022
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=keys.sh
. "$here/keys.sh"

etc=/etc/campanile
home=/opt/campanile
backups=/var/backups/campanile
mosquitto=/etc/mosquitto/campanile
influxdb_block='store: influxdb
influxdb: {version: 1, username: campanile, password_file: influxdb-password.txt}'
what='' school='' site='' broker='' port=8883 password_file='' ca_file='' name='' source='' with_influxdb='' dry_run='' yes=''

fail() {
    echo "install.sh: $1" >&2
    exit 2
}

say() {
    echo "$@"
}

# run COMMAND...: do it, or say it.
run() {
    if [ -n "$dry_run" ]; then say "would run: $*"; else "$@"; fi
}

# put FILE MODE OWNER: standard input becomes FILE, unless that is what it holds.
put() {
    if [ -n "$dry_run" ]; then
        cat >/dev/null
        say "would write: $1"
    else
        rm -f "$1.new"
        (umask 0077 && cat >"$1.new")
        chmod "$2" "$1.new"
        chown "$3" "$1.new"
        if cmp -s "$1.new" "$1"; then rm "$1.new"; else mv "$1.new" "$1"; fi
    fi
}

# put_once FILE MODE OWNER: the same for what is a person's to change afterwards.
put_once() {
    if [ -e "$1" ]; then
        cat >/dev/null
        say "kept: $1"
    else
        put "$@"
    fi
}

read_arguments() {
    [ $# -gt 0 ] || { sed -n '2,/^set/{s/^# \{0,1\}//p}' "$0"; exit 2; }
    while [ $# -gt 0 ]; do
        case $1 in
            controller | agent | uninstall) what=$1 ;;
            school)
                what=$1 school=${2:-}
                [ $# -lt 2 ] || shift
                ;;
            --site | --broker | --port | --password-file | --ca-file | --name | --from)
                [ $# -gt 1 ] || fail "$1 needs a value"
                case $1 in
                    --site) site=$2 ;;
                    --broker) broker=$2 ;;
                    --port) port=$2 ;;
                    --password-file) password_file=$2 ;;
                    --ca-file) ca_file=$2 ;;
                    --name) name=$2 ;;
                    --from) source=$2 ;;
                esac
                shift
                ;;
            --with-influxdb) with_influxdb=yes ;;
            --dry-run) dry_run=yes ;;
            --yes) yes=yes ;;
            -h | --help) sed -n '2,/^set/{s/^# \{0,1\}//p}' "$0"; exit 0 ;;
            *) fail "'$1' is nothing it knows; --help lists what there is" ;;
        esac
        shift
    done
    [ -n "$what" ] || fail "say what to install: controller or agent; --help has the rest"
}

check_machine() {
    [ "$(id -u)" = 0 ] || [ -n "$dry_run" ] || fail "it makes users and services: run it as root, or with --dry-run"
    # shellcheck source=/dev/null
    system=$(. /etc/os-release && echo "${ID:-} ${VERSION_ID:-0}")
    case $system in
        debian\ *) [ "${system#debian }" -ge 12 ] 2>/dev/null || fail "Debian ${system#debian } is too old: it needs 12 or newer" ;;
        *) fail "this is '$system', not Debian: follow docs/31-install.md by hand" ;;
    esac
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
        fail "it needs Python 3.11 or newer as python3, which says: $(python3 --version 2>&1 || true)"
}

choose_source() {
    [ -n "$source" ] && return
    # No name is a source by itself: `campanile` in the public index is somebody else's.
    [ -f "$here/../pyproject.toml" ] || fail "$here lies in no checkout: say with --from which checkout or wheel to install"
    source=$(readlink -f "$here/..")
    if [ -d "$source" ] && [ "$what" = controller ] && [ ! -e "$source/controller/console/static/dist/.built" ]; then
        fail "$source has no built console: run \`make setup\` there first, or give --from a wheel"
    fi
}

packages() {
    missing=''
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
    done
    [ -z "$missing" ] && return
    run apt-get update -qq
    # shellcheck disable=SC2086  # a list of words
    run env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
}

account() {
    getent passwd "campanile-$1" >/dev/null ||
        run useradd --system --home-dir "/var/lib/campanile-$1" --shell /usr/sbin/nologin "campanile-$1"
}

# programs EXTRAS: what is built of a checkout is built elsewhere, so that nothing of root's stays in it.
programs() {
    [ -x "$home/bin/python" ] || run python3 -m venv "$home"
    elsewhere=$(mktemp -d)
    printf '[build]\nbuild_base=%s\n[egg_info]\negg_base=%s\n' "$elsewhere" "$elsewhere" >"$elsewhere/setup.cfg"
    run env DIST_EXTRA_CONFIG="$elsewhere/setup.cfg" \
        "$home/bin/pip" install --quiet --disable-pip-version-check --upgrade "${source}[$1]"
    rm -rf "$elsewhere"
}

# services UNIT...: with systemd, now and at each start of the machine. In a chroot they are only enabled.
services() {
    run systemctl --quiet enable "$@"
    [ -d /run/systemd/system ] || { say "systemd does not run here: nothing is started"; return; }
    run systemctl daemon-reload
    run systemctl restart "$@"
}

units() {
    for unit in "$@"; do
        put "/etc/systemd/system/$unit" 0644 root:root <"$here/systemd/$unit"
    done
}

broker_of_the_centre() {
    [ -n "$name" ] || name=$(sed 's/^DNS://; s/,.*//' "$mosquitto/names" 2>/dev/null) || name=$(hostname --fqdn)
    run install -d -m 0700 "$etc/authority" "$etc/authority/schools"
    # Root's own: else who took over Mosquitto could have root write through a link in it. The files are Mosquitto's.
    run install -d -o root -g mosquitto -m 0750 "$mosquitto"
    put "$mosquitto/acl" 0440 mosquitto:mosquitto <"$here/mosquitto/acl"
    if [ -n "$dry_run" ]; then
        say "would make: an authority, a certificate for $name, the controller's password (what is there stays)"
    else
        new_authority "$etc/authority"
        server_certificate "$etc/authority" "$mosquitto" "DNS:$name,DNS:localhost,IP:127.0.0.1"
        broker_user "$mosquitto/passwords" controller "$etc/controller-password.txt"
        chown campanile-controller: "$etc/controller-password.txt"
        chown -h mosquitto:mosquitto "$mosquitto"/*
    fi
    put /etc/mosquitto/conf.d/campanile.conf 0644 root:root <"$here/mosquitto/mosquitto.conf"
    services mosquitto.service
}

# influxdb: Debian's 1.6.7 on loopback, entered by a password only. Its first user may be made by anybody, so it is made at once.
influxdb() {
    # Before the package, which starts it at once: everywhere and without a password, unless told otherwise.
    run install -d /etc/systemd/system/influxdb.service.d
    put /etc/systemd/system/influxdb.service.d/campanile.conf 0644 root:root <"$here/systemd/influxdb-campanile.conf"
    packages influxdb
    services influxdb.service
    if [ -n "$dry_run" ]; then
        say "would make: InfluxDB's users campanile and grafana, with passwords"
        return
    fi
    new_secret "$etc/influxdb-password.txt"
    new_secret "$etc/grafana-influxdb-password.txt"
    chown campanile-controller: "$etc/influxdb-password.txt"
    [ ! -d /run/systemd/system ] ||
        python3 "$here/influxdb/users.py" http://127.0.0.1:8086 "$etc/influxdb-password.txt" "$etc/grafana-influxdb-password.txt"
    if [ -e "$etc/controller.yaml" ] && ! grep -q '^influxdb:' "$etc/controller.yaml"; then
        say "$etc/controller.yaml is yours: it keeps its store until these lines stand in it (docs/31-install.md):"
        printf '%s\n' "$influxdb_block"
    fi
}

install_controller() {
    packages python3-venv openssl mosquitto
    account controller
    run install -d -m 0755 "$etc"
    programs controller,dashboards
    broker_of_the_centre
    [ -z "$with_influxdb" ] || influxdb
    {
        echo "# Every key: docs/31-install.md. Checked by: $home/bin/campanile controller run --config $etc/controller.yaml --check"
        echo "data_dir: /var/lib/campanile-controller"
        echo "broker: {host: 127.0.0.1, port: 1883, username: controller, password_file: controller-password.txt}"
        echo "district: {timezone: Asia/Shanghai, name_en: School District, name_zh: 学区}"
        echo "enrolment: district.yaml"
        [ -z "$with_influxdb" ] || echo "$influxdb_block"
    } | put_once "$etc/controller.yaml" 0644 root:root
    put_once "$etc/district.yaml" 0644 root:root <"$here/compose/district.yaml"
    run install -d -o campanile-controller -g campanile-controller -m 0700 "$backups"
    units campanile-controller.service campanile-controller-backup.service campanile-controller-backup.timer
    services campanile-controller.service campanile-controller-backup.timer
    [ -n "$dry_run" ] || after_controller
}

after_controller() {
    say "The controller is installed; schools dial $name:8883. Next:"
    say "  1. enrol schools: $etc/district.yaml, then systemctl restart campanile-controller"
    say "  2. let a school's agent in: $here/install.sh school ID"
    say "  3. TLS before the console: docs/31-install.md. Until then, from your own machine: ssh -L 8080:127.0.0.1:8080 $name"
    [ -z "$with_influxdb" ] || say "  4. Grafana reads InfluxDB as grafana, password in $etc/grafana-influxdb-password.txt"
    command="$home/bin/campanile controller sign-in-link --config $etc/controller.yaml"
    if is_up; then
        # shellcheck disable=SC2086  # a list of words
        say "Sign in, once, within a day: $(runuser -u campanile-controller -- $command)"
    else
        say "It does not run yet: journalctl -u campanile-controller. When it does: runuser -u campanile-controller -- $command"
    fi
}

# is_up: whether the controller gets ready within a minute.
is_up() {
    [ -d /run/systemd/system ] || return 1
    waited=0
    until [ -S /var/lib/campanile-controller/controller.sock ]; do
        waited=$((waited + 1))
        [ "$waited" -le 60 ] || return 1
        sleep 1
    done
}

install_school() {
    good_school "$school" || fail "'$school' cannot be a school's id: small letters, digits and - only"
    [ -s "$mosquitto/passwords" ] || fail "there is no broker of ours here: install.sh controller comes first"
    [ -z "$dry_run" ] || { say "would make: the user $school at the broker"; return; }
    broker_user "$mosquitto/passwords" "$school" "$etc/authority/schools/$school.txt"
    chown mosquitto:mosquitto "$mosquitto/passwords"
    [ ! -d /run/systemd/system ] || systemctl reload mosquitto.service
    say "site: $school"
    say "password: $(cat "$etc/authority/schools/$school.txt")"
    cat "$etc/authority/ca.pem"
}

install_agent() {
    [ -e "$etc/agent.yaml" ] || good_school "$site" || fail "--site: which school is this? The id it is enrolled by, such as no-1-primary"
    [ -e "$etc/agent.yaml" ] || [ -n "$broker" ] || fail "--broker: the name of the broker at the district centre"
    for file in "$password_file" "$ca_file"; do
        [ -z "$file" ] || [ -r "$file" ] || fail "$file: it cannot be read; \`install.sh school\` printed at the centre what belongs into it"
    done
    packages python3-venv
    account agent
    run install -d -m 0755 "$etc"
    programs agent
    [ -z "$password_file" ] || put "$etc/agent-password.txt" 0400 campanile-agent: <"$password_file"
    [ -z "$ca_file" ] || put "$etc/ca.pem" 0644 root:root <"$ca_file"
    tls='{}'
    [ ! -e "$etc/ca.pem" ] && [ -z "$ca_file" ] || tls='{ca_file: ca.pem}'
    {
        echo "# Every key: docs/31-install.md. Checked by: $home/bin/campanile agent run --config $etc/agent.yaml --check"
        echo "site: $site"
        echo "spool: {path: /var/lib/campanile-agent/spool.db}"
        echo "uplink: {host: $broker, port: $port, username: $site, password_file: agent-password.txt, tls: $tls}"
    } | put_once "$etc/agent.yaml" 0644 root:root
    units campanile-agent.service
    if [ -z "$dry_run" ] && [ ! -s "$etc/agent-password.txt" ]; then
        run systemctl --quiet enable campanile-agent.service
        say "The agent is installed and waits for its password. Write what \`install.sh school\` printed at the centre into"
        say "  $etc/agent-password.txt (chown campanile-agent, mode 0400), then: systemctl start campanile-agent"
        return
    fi
    services campanile-agent.service
    say "Next: find the school's devices, docs/32-agent.md: $home/bin/campanile agent discover --config $etc/agent.yaml"
}

uninstall() {
    say "This stops Campanile and removes its units and $home. $etc, /var/lib/campanile-*, $backups and Mosquitto stay."
    if [ -z "$yes" ] && [ -z "$dry_run" ]; then
        printf 'Go on? [y/N] '
        read -r answer || answer=''
        [ "$answer" = y ] || { say "Nothing was removed."; exit 1; }
    fi
    for unit in campanile-controller-backup.timer campanile-controller.service campanile-agent.service; do
        [ -e "/etc/systemd/system/$unit" ] || continue
        run systemctl --quiet disable "$unit"
        [ ! -d /run/systemd/system ] || run systemctl stop "$unit"
        run rm "/etc/systemd/system/$unit"
    done
    run rm -f /etc/systemd/system/campanile-controller-backup.service
    run rm -rf "$home"
    say "Removed. For ever: rm -r $etc /var/lib/campanile-* $backups; userdel campanile-controller; userdel campanile-agent"
}

read_arguments "$@"
check_machine
case $what in
    controller)
        choose_source
        install_controller
        ;;
    agent)
        choose_source
        install_agent
        ;;
    school) install_school ;;
    uninstall) uninstall ;;
esac
