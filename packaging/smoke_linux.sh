#!/bin/sh
# Try the Linux products where nothing of ours is: a clean Debian 12. Run it as root, after building:
#
#     packaging/smoke_linux.sh [FOLDER]            dist/linux unless told
#
# Needs debootstrap, and the right to mount. Exit status: 0 passed, 1 failed, 4 skipped, which is not passed.
#
# MIRROR    Debian's mirror
# KEEP      work in this folder and leave it; the basic system in it is used again
set -eu
checkout=$(cd "$(dirname "$0")/.." && pwd)
dist=$(cd "${1:-$checkout/dist/linux}" && pwd)
. "$checkout/packaging/chroot.sh"

skipped() {
    printf '\n*** SKIPPED, so not passed: the Linux products were not tried.\n*** %s\n\n' "$*" >&2
    exit 4
}
[ "$(id -u)" = 0 ] || skipped "Only root can make a Debian in a folder."
command -v debootstrap >/dev/null || skipped "debootstrap is missing."
unshare --mount --pid --fork true 2>/dev/null || skipped "Nothing may be mounted here."

work=${KEEP:-$(mktemp -d)}
[ -n "${KEEP:-}" ] || trap 'rm -rf "$work"' EXIT
make_base "$work/bookworm" bookworm || skipped "Debian's mirror cannot be reached; see $work/bookworm.log."
root=$work/product
rm -rf "$root"
cp -a "$work/bookworm" "$root"
cp "$dist"/workstation_*_amd64.deb "$root/home/person/workstation.deb"
cp "$dist"/workstation-*-linux-x86_64.tar.xz "$root/home/person/workstation.tar.xz"
tar -C "$root/home/person" -xf "$root/home/person/workstation.tar.xz"
mv "$root"/home/person/workstation-*/ "$root/home/person/unpacked"
chroot "$root" chown -R person: /home/person

LIMIT=300
failed() {
    say "FAILED: $*"
    exit 1
}
# try USER COMMAND: has to succeed.
try() {
    say "$1: $2"
    began=$(date +%s)
    within "$root" "$1" "cd ~ && $2" || failed "$2"
    echo "($(($(date +%s) - began)) s)"
}
# try_not USER COMMAND: has to fail.
try_not() {
    say "$1, has to fail: $2"
    if within "$root" "$1" "cd ~ && $2"; then failed "it did not fail: $2"; fi
}

say "the checksums, the launcher and the metadata"
(cd "$dist" && sha256sum --quiet --check SHA256SUMS) || failed "SHA256SUMS"
share=$root/home/person/unpacked/share
desktop-file-validate "$share/applications/workstation.desktop" || failed "the launcher"
appstreamcli validate --no-net "$share/metainfo/workstation.metainfo.xml" || failed "the metadata"

# Without the libraries of a desktop: refused in words. This also proves that they are not there by chance.
try_not person "./unpacked/install.sh"

try root "apt-get update -qq && apt-get install -y -qq --no-install-recommends /home/person/workstation.deb >/dev/null"
try person "! find /opt/workstation -name '*.so*' -exec env LD_LIBRARY_PATH=/opt/workstation/lib ldd {} + | grep 'not found'"
try person "workstation --version"
try person "workstation selftest"
try person "QT_QPA_PLATFORM=offscreen workstation --quit-after-ms 1000"

codec=/opt/workstation/lib/imagecodecs/_jpegls.abi3.so
mv "$root$codec" "$root$codec.away"
try_not person "workstation selftest >selftest.txt"
mv "$root$codec.away" "$root$codec"

try person "PREFIX=\$HOME/own ./unpacked/install.sh && own/bin/workstation selftest | tail -n 1"
try person "own/opt/workstation/uninstall.sh && ! find own -type f | grep . && test -d .local/share/workstation"

try root "apt-get install -y -qq --no-install-recommends xvfb xauth >/dev/null"
try person "xvfb-run -a workstation selftest --platform xcb | tail -n 4"
try person "xvfb-run -a -s '-screen 0 1440x900x24' workstation --demo --quit-after-ms 5000"
try person "grep -c 'the program is loaded' .local/state/workstation/log/*.log"

try root "apt-get install -y -qq --reinstall /home/person/workstation.deb >/dev/null"
try person "echo kept >.local/share/workstation/library/note"
try root "apt-get purge -y -qq workstation >/dev/null"
try person "! test -e /opt/workstation && ! test -e /usr/bin/workstation && ! test -e /usr/share/doc/workstation"
try person "grep kept .local/share/workstation/library/note && test -d .config/workstation"
say "proved on Debian 12: $(cd "$dist" && ls workstation_*.deb workstation-*.tar.xz | tr '\n' ' ')"
