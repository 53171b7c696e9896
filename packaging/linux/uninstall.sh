#!/bin/sh
# Remove what install.sh installed. Settings, the library of fetched studies and the log stay.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
case $here in
*/opt/workstation) prefix=${here%/opt/workstation} ;;
*) prefix=${PREFIX:-$HOME/.local} ;;
esac
target=$prefix/opt/workstation
if [ ! -x "$target/workstation" ]; then
    echo "Workstation is not installed in $target."
    exit 1
fi
rm -rf "$target"
rm -f "$prefix/bin/workstation" "$prefix/bin/workstation-window" \
    "$prefix/share/applications/workstation.desktop" \
    "$prefix/share/metainfo/workstation.metainfo.xml" \
    "$prefix/share/man/man1/workstation.1" \
    "$prefix/share/icons/hicolor/scalable/apps/workstation.svg" \
    "$prefix/share/icons/hicolor/256x256/apps/workstation.png"
echo "Workstation is removed. Settings and fetched studies are still in ~/.config/workstation and"
echo "~/.local/share/workstation."
