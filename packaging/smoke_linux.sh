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
    tail -n 50 "$root/home/person/said" 2>/dev/null || true
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
# The program came as far as it should, and nothing was worth a warning; the next trial begins a new log.
log="cd .local/state/workstation/log && grep 'the program is loaded' *.log && ! grep -E ' (WARNING|ERROR|CRITICAL) ' *.log && rm *.log"

say "the checksums, the launcher and the metadata"
(cd "$dist" && sha256sum --quiet --check SHA256SUMS) || failed "SHA256SUMS"
share=$root/home/person/unpacked/share
desktop-file-validate "$share/applications/workstation.desktop" || failed "the launcher"
appstreamcli validate --no-net "$share/metainfo/workstation.metainfo.xml" || failed "the metadata"

# What a person would see: the screen of X11, which was black before, has the colours of a window with a picture.
cat >"$root/home/person/look.sh" <<'END'
set -eu
colours() { tail -c $((1440 * 900 * 4)) screen/Xvfb_screen0 | od -An -v -tx4 -w4 | sort -u | wc -l; }
test "$(colours)" -lt 10
workstation --demo --quit-after-ms 10000 &
for attempt in $(seq 1 30); do
    seen=$(colours)
    [ "$seen" -le 200 ] || break
    sleep 0.3
done
wait $!
echo "$seen colours on the screen"
test "$seen" -gt 200
END

# Without the libraries of a desktop: refused in words. This also proves that they are not there by chance.
try person "./unpacked/install.sh >said; test \$? -eq 3 && grep 'apt-get install .*libxcb-cursor0' said && ! test -e .local"

try root "apt-get update -qq && apt-get install -y -qq --no-install-recommends /home/person/workstation.deb >/dev/null"
try person "! find /opt/workstation -name '*.so*' -exec env LD_LIBRARY_PATH=/opt/workstation/lib ldd {} + | grep 'not found'"
try person "cd /usr/share && ls -L applications/workstation.desktop metainfo/workstation.metainfo.xml doc/workstation/copyright \
    man/man1/workstation.1.gz icons/hicolor/scalable/apps/workstation.svg icons/hicolor/256x256/apps/workstation.png"
try person "workstation --version | grep '^workstation [0-9]' && workstation-window --version"
try person "workstation selftest"
try person "QT_QPA_PLATFORM=offscreen workstation --quit-after-ms 2000 && $log"

codec=/opt/workstation/lib/imagecodecs/_jpegls.abi3.so
mv "$root$codec" "$root$codec.away"
try person "workstation selftest >said; test \$? -eq 1 && grep '^FAILED  decoding jpeg-ls.dcm' said"
mv "$root$codec.away" "$root$codec"

try person "export PREFIX=\$HOME/own; ./unpacked/install.sh && ./unpacked/install.sh >/dev/null && test \"\$(ls own/opt)\" = workstation"
try person "own/bin/workstation selftest >said && tail -n 1 said"
try person "own/bin/workstation-window --version && grep 'Exec=\"/home/person/own/opt' own/share/applications/workstation.desktop"
try person "own/opt/workstation/uninstall.sh && ! find own ! -type d | grep . && test -d .local/share/workstation"

try root "apt-get install -y -qq --no-install-recommends xvfb xauth weston desktop-file-utils >/dev/null"
try person "grep '^application/dicom=workstation.desktop' /usr/share/applications/mimeinfo.cache"
try person "xvfb-run -a workstation selftest --platform xcb >said && grep '^ok      Qt: on xcb' said && tail -n 1 said"
try person "mkdir screen && xvfb-run -a -s '-screen 0 1440x900x24 -fbdir /home/person/screen' sh look.sh && $log"

try person "mkdir -m 700 run && export XDG_RUNTIME_DIR=\$HOME/run WAYLAND_DISPLAY=seat
    weston --backend=headless-backend.so --socket=seat >weston.txt 2>&1 &
    for attempt in \$(seq 1 100); do [ -e run/seat ] || sleep 0.1; done
    workstation selftest --platform wayland >said && grep '^ok      Qt: on wayland' said && tail -n 1 said"

try root "apt-get install -y -qq --reinstall /home/person/workstation.deb >/dev/null"
try person "echo kept >.local/share/workstation/library/note"
try root "apt-get purge -y -qq workstation >/dev/null"
try person "! test -e /opt/workstation && ! test -e /usr/share/doc/workstation && ! ls /usr/bin/workstation*"
try person "grep kept .local/share/workstation/library/note && test -d .config/workstation"
say "proved on Debian 12: $(cd "$dist" && ls workstation_*.deb workstation-*.tar.xz | tr '\n' ' ')"
