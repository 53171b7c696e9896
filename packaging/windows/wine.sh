# A Windows of Wine's in a folder, and what a trial there needs; to be read with "." by bash.
#
# Needs $work, a folder, and $checkout. Makes it at once, and has it end with the script.

export HOME=$work/home WINEPREFIX=$work/prefix WINEARCH=win64 WINEDEBUG=-all LC_ALL=C.UTF-8
# No entries in the menu of this desktop; no questions about Mono and Gecko. Without wbemprox Python asks elsewhere
# what system this is; with it, it dies of what Wine 8 lacks behind that.
export WINEDLLOVERRIDES="winemenubuilder.exe=d;mscoree=d;mshtml=d;wbemprox=d"
drive=$WINEPREFIX/drive_c

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

# make_windows: Wine's folder, with the libraries and the program of wine-stubs.
make_windows() {
    mkdir -p "$HOME"
    "$wine" wineboot -i </dev/null >"$work/wineboot.log" 2>&1
    system=$drive/windows/system32
    stubs=$checkout/packaging/windows/wine-stubs
    x86_64-w64-mingw32-objdump -p "$builtin/ucrtbase.dll" |
        awk '/\[Ordinal\/Name Pointer\] Table/ { names = 1; next } /^\t\[ *[0-9]+\]/ { if (names) print $NF; next } { names = 0 }' |
        awk 'BEGIN { print "LIBRARY ucrtbase.dll\nEXPORTS" }
             !/^\?/ && !/^(creal|cimag)[lf]?$/ { printf "\"%s\" = \"ucrtwine.%s\"\n", $0, $0 }' >"$work/ucrtbase.def"
    compile="x86_64-w64-mingw32-gcc -O2"
    library="$compile -shared -nostdlib -fno-builtin -Wl,--entry,0"
    $library -o "$system/icuuc.dll" "$stubs/icuuc.c"
    cp "$builtin/ucrtbase.dll" "$system/ucrtwine.dll"
    rm -f "$system/ucrtbase.dll" "$system/netsh.exe"
    $library -o "$system/ucrtbase.dll" "$stubs/ucrtbase.c" "$work/ucrtbase.def"
    $compile -o "$system/netsh.exe" "$stubs/netsh.c"
    export WINEDLLOVERRIDES="$WINEDLLOVERRIDES;ucrtbase=n;icuuc=n;ucrtwine=n,b;netsh.exe=n"
    windows 60 reg add 'HKCU\Software\Wine' /v Version /d win10 /f >/dev/null
    # The first program with a window starts the desktop, and what reads that program's words waits for its end. So
    # let it be one that nobody reads, and that stays.
    "$wine" notepad.exe </dev/null >/dev/null 2>&1 &
    eventually "a desktop" runs explorer.exe
    ok "$("$wine" --version), with stubs"
}

# windows SECONDS PROGRAM ARGUMENT...: prints what it says and returns its status. Under Wine 8 Python needs pipes.
windows() {
    seconds=$1
    shift
    timeout --kill-after=5 "$seconds" "$wine" "$@" </dev/null 2>&1 | tr -d '\r'
}

# ends_with STATUS WHAT SECONDS PROGRAM ARGUMENT...: what it says is in $said.
ends_with() {
    wanted=$1 what=$2 status=0
    shift 2
    said=$(windows "$@") || status=$?
    [ $status = "$wanted" ] || fail "$what: status $status, not $wanted: $said"
    ok "$what"
}

there() { [ -e "$1" ] || fail "$1 is missing"; }
gone() { [ ! -e "$1" ] || fail "$1 is still there: $(find "$1" | head -20)"; }

# eventually WHAT COMMAND...: within two minutes it succeeds.
eventually() {
    what=$1
    shift
    for _ in $(seq 240); do
        if "$@"; then
            ok "$what"
            return 0
        fi
        sleep 0.5
    done
    fail "not in two minutes: $what"
}
# runs NAME: a program called so, or beginning so, runs in Wine's folder. Wine 8's tasklist knows none.
runs() {
    for process in /proc/[0-9]*; do
        if [[ $(cat "$process/comm" 2>/dev/null) == "$1"* ]] && grep -qzxF "WINEPREFIX=$WINEPREFIX" "$process/environ" 2>/dev/null; then
            return 0
        fi
    done
    return 1
}
runs_no() { ! runs "$1"; }

# registry KEY [VALUE]: what is written there, without VALUE the default; fails if the key or the value is missing.
registry() {
    if [ $# = 1 ]; then windows 60 reg query "$1"; else windows 60 reg query "$1" /v "$2"; fi
}
written() { registry "$@" >/dev/null || fail "nothing is written at $*"; }
unwritten() { ! registry "$@" >/dev/null || fail "still written: $*"; }

# colours: how many the screen shows.
colours() { tail -c $((1440 * 900 * 4)) "$work/screen/Xvfb_screen0" | od -An -v -tx4 -w4 | sort -u | wc -l; }
colourful() { [ "$(colours)" -gt 200 ]; }
