#!/bin/sh
# Make an AppImage of the unpacked archive: one file that runs without being installed. For the public workflow.
#
#     packaging/linux/appimage.sh RUNTIME FOLDER RESULT
#
# RUNTIME is the AppImage project's "type 2" runtime, which nobody but its maker has: give the one whose SHA-256
# is known. FOLDER is what the archive unpacks to. Needs mksquashfs (squashfs-tools) and the two icons in FOLDER.
set -eu
runtime=$1 folder=$2 result=$3
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/usr"
cp -R "$folder/program" "$tree/usr/program"
cp -R "$folder/share" "$tree/usr/share"
cp "$folder/share/applications/workstation.desktop" "$tree/workstation.desktop"
cp "$folder/share/icons/hicolor/256x256/apps/workstation.png" "$tree/workstation.png"
ln -s usr/program/workstation "$tree/AppRun"
moment=${SOURCE_DATE_EPOCH:-$(git -C "$(dirname "$0")" log -1 --format=%ct)}
find "$tree" -exec touch --no-dereference --date="@$moment" {} +
rm -f "$tree.squashfs"
env -u SOURCE_DATE_EPOCH mksquashfs "$tree" "$tree.squashfs" -quiet -no-progress -root-owned -noappend -comp zstd \
    -mkfs-time "$moment"
cat "$runtime" "$tree.squashfs" >"$result"
rm "$tree.squashfs"
chmod 755 "$result"
