#!/bin/sh
# Install Workstation for the person who runs this: below ~/.local, or PREFIX.
# Everything is checked first; what is in the way and not of an earlier installation is never touched.
set -eu
here=$(dirname "$(readlink -f "$0")")
prefix=${PREFIX:-$HOME/.local}

refuse() {
    printf '%s\n' "$@" >&2
    exit 2
}

# The launcher names the program by its path: the Desktop Entry Specification gives these a meaning of their own.
case $prefix in
*[[:cntrl:]\"\`\$\\%]*) refuse "Workstation cannot be installed below $prefix:" \
    "choose a PREFIX without line breaks and without any of \" \` \$ \\ %" ;;
/*) ;;
*) prefix=$PWD/$prefix ;;
esac
prefix=$(readlink -m "$prefix")
target=$prefix/opt/workstation
list=$target/installed-files

missing=$(find "$here/program" -type f -name '*.so*' -exec env LD_LIBRARY_PATH="$here/program/lib" ldd {} + 2>/dev/null |
    sed -n 's/^[[:space:]]*\([^[:space:]]*\) => not found/\1/p' | sort -u)
if [ -n "$missing" ]; then
    echo "This computer lacks libraries that Workstation needs:"
    echo "$missing" | sed 's/^/    /'
    echo "On Debian and Ubuntu an administrator gets them with"
    echo "    apt-get install @PACKAGES@"
    exit 3
fi

# there FILE: something has that name, be it a link to nothing.
there() { [ -e "$1" ] || [ -L "$1" ]; }
# listed NAME: the earlier installation made it.
listed() { [ -f "$list" ] && grep -qxF -- "$1" "$list"; }

if there "$target" && { [ -L "$target" ] || [ ! -f "$list" ]; }; then
    refuse "$target is there already, and this script did not make it." \
        "Move it away (an older Workstation is removed by $target/uninstall.sh), or choose another PREFIX."
fi
share=$(cd "$here/share" && find . ! -type d | sed 's|^\./|share/|')
for name in bin/workstation bin/workstation-window $share; do
    file=$prefix/$name
    there "$file" || continue
    case $name in
    bin/*) [ "$(readlink "$file")" = "$target/workstation" ] ;;
    *) [ -f "$file" ] && [ ! -L "$file" ] && listed "$name" ;;
    esac || refuse "$file is there already, and is not of Workstation." \
        "Move it away, or choose another PREFIX."
done

# retire FOLDER: delete what the list of an older version names; the files of somebody else stay where they were.
retire() {
    while IFS= read -r name; do
        case $name in
        opt/workstation/*) rm -f "$1/${name#opt/workstation/}" 2>/dev/null || rmdir "$1/${name#opt/workstation/}" || true ;;
        share/*) listed "$name" || rm -f "$prefix/$name" ;;
        esac
    done <"$1/installed-files" 2>/dev/null
    (cd "$1" && find . ! -type d) | while IFS= read -r name; do
        there "$target/$name" || { mkdir -p "$(dirname "$target/$name")" && mv "$1/$name" "$target/$name"; }
    done
    find "$1" -depth -type d -exec rmdir {} \; 2>/dev/null || true
    [ ! -d "$1" ] || echo "Files of the old folder that Workstation did not install are in $1."
}

# The new version is whole before the old one goes, so that a full disk costs nothing.
mkdir -p "$prefix/opt" "$prefix/bin" "$prefix/share"
new=$(mktemp -d "$prefix/opt/.workstation-XXXXXX")
old=$new.old
trap 'rm -rf "$new"' EXIT
cp -R "$here/program/." "$new/"
chmod 755 "$new"
cp "$here/uninstall.sh" "$new/uninstall.sh"
{
    printf '%s\n' bin/workstation bin/workstation-window "$share" opt/workstation/installed-files
    (cd "$new" && find . ! -type d && find . -depth -type d) | sed 's|^\.|opt/workstation|'
} >"$new/installed-files"
[ ! -d "$target" ] || mv "$target" "$old"
mv "$new" "$target"
[ ! -d "$old" ] || retire "$old"

cp -R "$here/share/." "$prefix/share/"
# Launchers do not look into ~/.local/bin everywhere.
while IFS= read -r line; do
    case $line in
    Exec=workstation*) printf 'Exec="%s"%s\n' "$target/workstation" "${line#Exec=workstation}" ;;
    *) printf '%s\n' "$line" ;;
    esac
done <"$here/share/applications/workstation.desktop" >"$prefix/share/applications/workstation.desktop"
for name in workstation workstation-window; do
    ln -sfn "$target/workstation" "$prefix/bin/$name"
done
if command -v update-desktop-database >/dev/null; then
    update-desktop-database -q "$prefix/share/applications" || true
fi

echo "Workstation is installed in $target."
case ":$PATH:" in
*":$prefix/bin:"*) ;;
*) echo "For the command \"workstation\" put $prefix/bin into your PATH." ;;
esac
echo "To remove it: $target/uninstall.sh"
