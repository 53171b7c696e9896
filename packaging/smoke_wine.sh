#!/bin/bash
# Try the Windows installer under Wine: install over an old version, start, selftest, refuse, remove.
#
#     packaging/smoke_wine.sh dist/windows/workstation-VERSION-setup.exe
#
# Wine is not Windows. What passes here passes under Wine with two libraries of packaging/windows/wine-stubs in
# its folder, which are no part of the product; packaging/README.md tells what that leaves open. It needs wine64,
# xvfb, xauth, gcc-mingw-w64-x86-64 and nsis. Exit status: 0 passed, 1 failed, 4 skipped, which is not passed.
#
# KEEP      work in this folder and leave it
# PYTHON    builds the old version to install over; unless told, the one of the checkout's environment
set -eu -o pipefail
setup=$(realpath "$1")
checkout=$(cd "$(dirname "$0")/.." && pwd)
python=${PYTHON:-$checkout/.venv/bin/python}
wine=$(command -v wine64 || echo /usr/lib/wine/wine64)
builtin=/usr/lib/x86_64-linux-gnu/wine/x86_64-windows

missing=
for tool in "$wine" "$python" xvfb-run x86_64-w64-mingw32-gcc x86_64-w64-mingw32-objdump makensis "$builtin/ucrtbase.dll"; do
    [ -e "$tool" ] || command -v "$tool" >/dev/null || missing="$missing $tool"
done
if [ -n "$missing" ]; then
    printf '\n*** SKIPPED, so not passed: the Windows installer was not tried.\n*** Missing:%s\n\n' "$missing" >&2
    exit 4
fi
if [ -z "${SMOKE_SCREEN:-}" ]; then
    SMOKE_SCREEN=1 exec xvfb-run -a -s "-screen 0 1440x900x24" "$0" "$setup"
fi

work=${KEEP:-$(mktemp -d)}
mkdir -p "$work"
export HOME=$work/home WINEPREFIX=$work/prefix WINEARCH=win64 WINEDEBUG=-all
# No entries in the menu of this desktop; no questions about Mono and Gecko.
export WINEDLLOVERRIDES="winemenubuilder.exe=d;mscoree=d;mshtml=d"
mkdir -p "$HOME"
cp "$setup" "$work/setup.exe"
setup=$work/setup.exe
finish() {
    status=$?
    trap - EXIT
    timeout 20 /usr/lib/wine/wineserver -k || true
    [ -n "${KEEP:-}" ] || rm -rf "$work"
    [ $status = 0 ] || printf '\n*** FAILED\n' >&2
    exit $status
}
trap finish EXIT

say() { printf '\n=== %s\n' "$*"; }
ok() { printf 'ok      %s\n' "$*"; }
fail() {
    printf 'FAILED  %s\n' "$*" >&2
    exit 1
}

# windows SECONDS PROGRAM ARGUMENT...: prints what it says and returns its status. Under Wine 8 Python needs pipes.
windows() {
    seconds=$1
    shift
    timeout --kill-after=5 "$seconds" "$wine" "$@" </dev/null 2>&1 | tr -d '\r'
}

# ends_with STATUS WHAT SECONDS PROGRAM ARGUMENT...
ends_with() {
    wanted=$1 what=$2 status=0
    shift 2
    said=$(windows "$@") || status=$?
    [ $status = "$wanted" ] || fail "$what: status $status, not $wanted: $said"
    ok "$what"
}

there() { [ -e "$1" ] || fail "$1 is missing"; }
gone() { [ ! -e "$1" ] || fail "$1 is still there: $(find "$1" | head -20)"; }

# registry KEY [VALUE]: what is written there; fails if nothing is.
registry() {
    if [ $# = 1 ]; then windows 60 reg query "$1"; else windows 60 reg query "$1" /v "$2"; fi
}
written() { registry "$@" >/dev/null || fail "nothing is written at $*"; }
unwritten() { ! registry "$@" >/dev/null || fail "still written: $*"; }

# remove FOLDER ARGUMENT...: the uninstaller goes on as a copy of itself, called Un_ something; wait for it.
remove() {
    folder=$1
    shift
    windows 120 "$folder/uninstall.exe" /S "$@" || fail "uninstall.exe: status $?"
    for _ in $(seq 240); do
        windows 30 tasklist | grep -q '^Un_' || return 0
        sleep 0.5
    done
    fail "the uninstaller does not end"
}

say "Wine's folder"
"$wine" wineboot -i </dev/null >"$work/wineboot.log" 2>&1
system=$WINEPREFIX/drive_c/windows/system32
stubs=$checkout/packaging/windows/wine-stubs
x86_64-w64-mingw32-objdump -p "$builtin/ucrtbase.dll" |
    awk '/\[Ordinal\/Name Pointer\] Table/ { names = 1; next } /^\t\[ *[0-9]+\]/ { if (names) print $NF; next } { names = 0 }' |
    awk 'BEGIN { print "LIBRARY ucrtbase.dll\nEXPORTS" }
         !/^\?/ && !/^(creal|cimag)[lf]?$/ { printf "\"%s\" = \"ucrtwine.%s\"\n", $0, $0 }' >"$work/ucrtbase.def"
compile="x86_64-w64-mingw32-gcc -shared -nostdlib -fno-builtin -O2 -Wl,--entry,0"
$compile -o "$system/icuuc.dll" "$stubs/icuuc.c"
cp "$builtin/ucrtbase.dll" "$system/ucrtwine.dll"
rm -f "$system/ucrtbase.dll"
$compile -o "$system/ucrtbase.dll" "$stubs/ucrtbase.c" "$work/ucrtbase.def"
export WINEDLLOVERRIDES="$WINEDLLOVERRIDES;ucrtbase=n;icuuc=n;ucrtwine=n,b"
windows 60 reg add 'HKCU\Software\Wine' /v Version /d win10 /f >/dev/null
# The first program with a window starts the desktop, and what reads that program's words waits for its end. So
# let it be one that nobody reads, and that stays.
"$wine" notepad.exe </dev/null >/dev/null 2>&1 &
ok "$("$wine" --version), with stubs"

local=$(echo "$WINEPREFIX"/drive_c/users/*/AppData/Local | tr ' ' '\n' | grep -v /Public/)
mine=$local/Programs/Workstation
everyones="$WINEPREFIX/drive_c/Program Files/DICOM Workstation"
uninstall='Software\Microsoft\Windows\CurrentVersion\Uninstall\Workstation'
version=$(sed -n 's/^__version__ = "\(.*\)"/\1/p' "$checkout/workstation/__init__.py")

say "an old version, for one person"
old=$work/old
mkdir -p "$old"
(cd "$checkout" && tar -c --exclude=__pycache__ LICENSE packaging resources workstation) | tar -x -C "$old"
[ ! -d "$checkout/build" ] || ln -sfn "$checkout/build" "$old/build"
sed -i 's/^__version__ = .*/__version__ = "0.0.1"/' "$old/workstation/__init__.py"
echo '"""Only the old version has this."""' >"$old/workstation/only_old.py"
"$python" "$old/packaging/build_windows.py" --quick --test >"$work/old.log" 2>&1 || fail "$(cat "$work/old.log")"
ends_with 0 "silent installation" 300 "$old"/dist/windows/*setup.exe /S /CurrentUser
there "$mine/Lib/workstation/only_old.py"
[ "$(windows 60 "$mine/workstation-cli.exe" --version)" = "workstation 0.0.1" ] || fail "it does not start"
ok "workstation-cli.exe --version"
ends_with 0 "the window, for a second" 120 "$mine/workstation.exe" --quit-after-ms 1000
there "$local/workstation"

say "refusals"
timeout 300 "$wine" "$mine/workstation-cli.exe" --json demo-archive --port 0 </dev/null 2>&1 | cat >"$work/demo.log" &
for _ in $(seq 240); do
    grep -q port "$work/demo.log" && break
    sleep 0.25
done
grep -q port "$work/demo.log" || fail "the demo archive does not start: $(cat "$work/demo.log")"
ends_with 2 "installing over a running copy" 120 "$setup" /S /CurrentUser
ends_with 2 "removing a running copy" 120 "$mine/uninstall.exe" /S "_?=$(windows 30 winepath -w "$mine")"
there "$mine/Lib/workstation/only_old.py"
windows 60 taskkill /f /im workstation-cli.exe >/dev/null
wait $!
ends_with 2 "for one person and for everyone" 60 "$setup" /S /CurrentUser /AllUsers
ends_with 2 "a firewall rule for one person" 60 "$setup" /S /Firewall

say "the new version over it"
ends_with 0 "silent installation" 300 "$setup" /S
gone "$mine/Lib/workstation/only_old.py"
gone "$mine/Lib/workstation/__pycache__/only_old.cpython-313.pyc"
there "$mine/Lib/workstation/__pycache__/__main__.cpython-313.pyc"
there "$(find "$local/../Roaming/Microsoft/Windows/Start Menu" -name Workstation.lnk)"
written "HKCU\\$uninstall" QuietUninstallString
written 'HKCU\Software\Classes\.dcm\OpenWithProgids' Workstation.DICOM
unwritten "HKLM\\$uninstall"
written 'HKCU\Software\Classes\.dcm'
case $(registry 'HKCU\Software\Classes\.dcm') in *Workstation*) fail "it took over .dcm" ;; esac
[ "$(windows 60 "$mine/workstation-cli.exe" --version)" = "workstation $version" ] || fail "not the new version"
windows 300 "$mine/workstation-cli.exe" selftest || fail "selftest: status $?"
ends_with 0 "selftest without a console" 300 "$mine/workstation.exe" selftest
ends_with 0 "the window, for a second" 120 "$mine/workstation.exe" --quit-after-ms 1000

say "for everyone, in a folder of choice"
# In several words: NSIS takes the rest of the line, which may hold no quotes.
ends_with 0 "silent installation" 300 "$setup" /S /AllUsers /Firewall '/D=C:\Program' 'Files\DICOM' Workstation
written "HKLM\\$uninstall" FirewallRule
written 'HKLM\Software\Classes\.dcm\OpenWithProgids' Workstation.DICOM
ends_with 0 "selftest" 300 "$everyones/workstation-cli.exe" selftest
echo "not of the installer" >"$everyones/mine.txt"
remove "$everyones"
[ "$(find "$everyones" -type f)" = "$everyones/mine.txt" ] || fail "left: $(find "$everyones" | head)"
ok "removed, but for a file of somebody else"
unwritten "HKLM\\$uninstall"
unwritten 'HKLM\Software\Classes\Workstation.DICOM'
unwritten 'HKLM\Software\Classes\.dcm\OpenWithProgids' Workstation.DICOM
unwritten 'HKLM\Software\Classes\.dcm'
there "$mine/workstation.exe"

say "removing"
remove "$mine"
gone "$mine"
unwritten "HKCU\\$uninstall"
there "$local/workstation/config"
ok "removed; settings and library are kept"
ends_with 0 "installed again" 300 "$setup" /S
remove "$mine" /DeleteMyData
gone "$mine"
gone "$local/workstation"
ok "removed with settings and library"

say "passed: under Wine, not Windows"
