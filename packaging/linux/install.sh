#!/bin/sh
# Install Workstation for the person who runs this: below ~/.local, or PREFIX.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
prefix=${PREFIX:-$HOME/.local}
target=$prefix/opt/workstation

missing=$(find "$here/program" -type f -name '*.so*' -exec env LD_LIBRARY_PATH="$here/program/lib" ldd {} + 2>/dev/null |
    sed -n 's/^[[:space:]]*\([^[:space:]]*\) => not found/\1/p' | sort -u)
if [ -n "$missing" ]; then
    echo "This computer lacks libraries that Workstation needs:"
    echo "$missing" | sed 's/^/    /'
    echo "On Debian and Ubuntu an administrator gets them with"
    echo "    apt-get install @PACKAGES@"
    exit 3
fi

# The new version is whole before the old one goes, so that a full disk costs nothing.
mkdir -p "$prefix/opt" "$prefix/bin" "$prefix/share"
rm -rf "$target.new"
cp -R "$here/program" "$target.new"
cp "$here/uninstall.sh" "$target.new/uninstall.sh"
rm -rf "$target.old"
[ ! -e "$target" ] || mv "$target" "$target.old"
mv "$target.new" "$target"
rm -rf "$target.old"

for name in workstation workstation-window; do
    ln -sf "$target/workstation" "$prefix/bin/$name"
done
cp -R "$here/share/." "$prefix/share/"
# Launchers do not look into ~/.local/bin everywhere.
launcher=$prefix/share/applications/workstation.desktop
sed "s|^Exec=workstation|Exec=\"$target/workstation\"|" "$here/share/applications/workstation.desktop" >"$launcher"
if command -v update-desktop-database >/dev/null; then
    update-desktop-database -q "$prefix/share/applications" || true
fi

echo "Workstation is installed in $target."
case ":$PATH:" in
*":$prefix/bin:"*) ;;
*) echo "For the command \"workstation\" put $prefix/bin into your PATH." ;;
esac
echo "To remove it: $target/uninstall.sh"
