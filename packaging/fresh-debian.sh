#!/bin/sh
# Prove the README's two commands on a Debian that has nothing but Python: as a user who may install nothing, and
# as root; then build the Linux products there. Run it as root, on a computer with debootstrap and git:
#
#     packaging/fresh-debian.sh [SUITE [arguments of pytest]]         bookworm and all tests unless told
#
# MIRROR    Debian's mirror
# COPY      files of this computer that the new one needs too, by absolute path (certificates, /etc/pip.conf)
# WHAT      "tests" or "packages"; both unless told
# KEEP      work in this folder and leave it; the basic system in it is used again
set -eu
suite=${1:-bookworm}
[ $# -eq 0 ] || shift
checkout=$(cd "$(dirname "$0")/.." && pwd)
work=${KEEP:-$(mktemp -d)}
[ -n "${KEEP:-}" ] || trap 'rm -rf "$work"' EXIT
base=$work/$suite
here=/home/person/workstation

. "$checkout/packaging/chroot.sh"

# timed ROOT USER COMMAND: prints status and seconds.
timed() {
    say "$2: $3"
    began=$(date +%s)
    status=0
    within "$1" "$2" "cd $here && $3" || status=$?
    say "status $status, $(($(date +%s) - began)) s ($2: $3)"
    return $status
}

# computer NAME: a fresh one with Python, somebody called "person", and a clone of this repository.
computer() {
    root=$work/$1
    rm -rf "$root"
    cp -a "$base" "$root"
    git clone --quiet --no-hardlinks "$checkout" "$root$here"
    chroot "$root" chown -R person: "$here"
}

make_base "$base" "$suite"
if [ ! -e "$base/ready" ]; then
    for file in ${COPY:-}; do
        mkdir -p "$base$(dirname "$file")"
        cp -L "$file" "$base$file"
    done
    within "$base" root "apt-get update -qq && apt-get install -y -qq --no-install-recommends python3 >/dev/null"
    touch "$base/ready"
fi

case ${WHAT:-tests packages} in *tests*)
    computer plain
    if timed "$root" person "python3 packaging/dev.py test" 2>"$work/refusal"; then
        say "it should have been refused"
        exit 1
    fi
    cat "$work/refusal"
    line=$(sed -n 's/^ *\(apt-get install .*\)/\1/p' "$work/refusal")
    # The administrator's own way of keeping services off; dev.py has no part in this.
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod 755 "$root/usr/sbin/policy-rc.d"
    timed "$root" root "apt-get update -qq && $line -y >/dev/null"
    timed "$root" person "python3 packaging/dev.py run --version"
    timed "$root" person "python3 packaging/dev.py test -q $*"

    computer root
    timed "$root" root "CI=true python3 packaging/dev.py test -q $*"
    timed "$root" root "python3 packaging/dev.py run --version"
    if [ -e "$root/usr/sbin/policy-rc.d" ]; then
        say "policy-rc.d was left behind"
        exit 1
    fi
    ;;
esac

case ${WHAT:-tests packages} in *packages*)
    computer packages
    timed "$root" root "CI=true python3 packaging/dev.py package linux --twice"
    # As somebody from outside: it makes another Debian for that.
    "$checkout/packaging/smoke_linux.sh" "$root$here/dist/linux"
    ;;
esac
say "proved on $suite"
