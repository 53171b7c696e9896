#!/bin/sh
# Remove what install.sh installed, by its list. Settings, the library of fetched studies and the log stay.
set -eu
here=$(dirname "$(readlink -f "$0")")
case $here in
*/opt/workstation) prefix=${here%/opt/workstation} ;;
*) prefix=$(readlink -m "${PREFIX:-$HOME/.local}") ;;
esac
target=$prefix/opt/workstation
list=$target/installed-files
if [ ! -f "$list" ]; then
    echo "Workstation is not installed in $target."
    exit 1
fi
# Files come before their folders in the list; the list itself goes last, so that what was interrupted can go on.
grep -vxF opt/workstation/installed-files "$list" | while IFS= read -r name; do
    case $name in
    /* | ../* | */../* | */..) continue ;;
    bin/*) [ "$(readlink "$prefix/$name")" = "$target/workstation" ] || continue ;;
    esac
    rm -f "$prefix/$name" 2>/dev/null || true
done
sed -n '/^opt\/workstation/p' "$list" >"$list.folders"
rm "$list"
while IFS= read -r name; do
    rmdir "$prefix/$name" 2>/dev/null || true
done <"$list.folders"
rm -f "$list.folders"
rmdir "$target" 2>/dev/null || true
applications=$prefix/share/applications
if command -v update-desktop-database >/dev/null && [ -f "$applications/mimeinfo.cache" ]; then
    update-desktop-database -q "$applications" || true
    if [ "$(cat "$applications/mimeinfo.cache")" = "[MIME Cache]" ]; then
        rm -f "$applications/mimeinfo.cache" # an index of nothing
    fi
fi
if [ -d "$target" ]; then
    echo "Workstation is removed. What it did not install is still in $target."
else
    echo "Workstation is removed."
fi
echo "Settings and fetched studies are still in $HOME/.config/workstation and $HOME/.local/share/workstation."
