# A small Debian in a folder, for scripts that try things there; to be read with "." by sh, as root.

say() { printf '\n=== %s\n' "$*"; }

# make_base ROOT SUITE: the smallest Debian with somebody called "person"; one that is there is used again.
# MIRROR is Debian's mirror, else this computer's own.
make_base() {
    [ ! -e "$1/made" ] || return 0
    say "debootstrap $2"
    own=$(. /etc/os-release && [ "$ID" = debian ] && apt-get indextargets --format '$(SITE)' 2>/dev/null | head -n 1) || true
    rm -rf "$1"
    mkdir -p "$1"
    debootstrap --variant=minbase "$2" "$1" "${MIRROR:-${own:-http://deb.debian.org/debian}}" >"$1.log"
    echo "127.0.0.1 localhost" >"$1/etc/hosts"
    chroot "$1" useradd --create-home person
    touch "$1/made"
}

# within ROOT USER COMMAND: whatever it starts ends with it, at the latest after LIMIT seconds.
within() {
    unshare --mount --pid --fork --kill-child sh -c '
        root=$0
        mount -t proc proc "$root/proc"
        mount -t tmpfs tmpfs "$root/dev/shm"
        mkdir -p "$root/dev/pts"
        mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts "$root/dev/pts"
        ln -sf pts/ptmx "$root/dev/ptmx"
        exec env -i HOME="$2" LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin \
            timeout "$4" chroot --userspec="$1" "$root" sh -c "$3" </dev/null' \
        "$1" "$2" "$(awk -F: -v user="$2" '$1 == user { print $6 }' "$1/etc/passwd")" "$3" "${LIMIT:-7200}"
}
