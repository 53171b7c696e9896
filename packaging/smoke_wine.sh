#!/bin/bash
# Try the Windows installer under Wine: install over an old version, start, selftest, refuse, remove.
#
#     packaging/smoke_wine.sh dist/windows/workstation-VERSION-setup.exe
#
# Wine is not Windows. What passes here passes under Wine with what packaging/windows/wine-stubs puts into its
# folder, which is no part of the product; packaging/windows/README.md tells what that leaves open. It needs wine64,
# xvfb, xauth, gcc-mingw-w64-x86-64, nsis, osslsigncode, openssl. Exit status: 0 passed, 1 failed, 4 skipped, which
# is not passed.
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
for tool in "$wine" "$python" xvfb-run x86_64-w64-mingw32-gcc x86_64-w64-mingw32-objdump makensis \
    osslsigncode openssl "$builtin/ucrtbase.dll"; do
    [ -e "$tool" ] || command -v "$tool" >/dev/null || missing="$missing $tool"
done
if [ -n "$missing" ]; then
    printf '\n*** SKIPPED, so not passed: the Windows installer was not tried.\n*** Missing:%s\n\n' "$missing" >&2
    exit 4
fi
if [ -z "${SMOKE_WORK:-}" ]; then
    export SMOKE_WORK=${KEEP:-$(mktemp -d)}
    mkdir -p "$SMOKE_WORK/screen"
    exec xvfb-run -a -s "-screen 0 1440x900x24 -fbdir $SMOKE_WORK/screen" "$0" "$setup"
fi
work=$SMOKE_WORK
. "$checkout/packaging/windows/wine.sh"

# remove FOLDER ARGUMENT...: the uninstaller goes on as a copy of itself, called Un_ something.
remove() {
    folder=$1
    shift
    ends_with 0 "silent removal" 120 "$folder/uninstall.exe" /S "$@"
    eventually "and its end" runs_no Un_
}

# signed FILE: by the trial's certificate.
signed() { osslsigncode verify -CAfile "$work/trial.pem" -in "$1" >"$work/signed.log" 2>&1 || fail "$(cat "$work/signed.log")"; }

# demo_archive: started from the installed program; sets $demo to the node, $served to the job.
demo_archive() {
    timeout 300 "$wine" "$mine/workstation-cli.exe" --json demo-archive --port 0 </dev/null 2>&1 | cat >"$work/demo.log" &
    served=$!
    eventually "the demo archive listens" grep -q port "$work/demo.log"
    demo=DEMO@127.0.0.1:$(sed -n 's/.*"port": \([0-9]*\).*/\1/p' "$work/demo.log")
}

say "the checksums"
(cd "$(dirname "$setup")" && sha256sum --check SHA256SUMS) || fail "SHA256SUMS"
cp "$setup" "$work/setup.exe"
setup=$work/setup.exe

say "Wine's folder"
make_windows
local=$(echo "$drive"/users/*/AppData/Local | tr ' ' '\n' | grep -v /Public/)
mine=$local/Programs/Workstation
everyones="$drive/Program Files/影像 Workstation"
data=$local/workstation
uninstall='Software\Microsoft\Windows\CurrentVersion\Uninstall\Workstation'
version=$(sed -n 's/^__version__ = "\(.*\)"/\1/p' "$checkout/workstation/__init__.py")
# Somebody else's viewer opens DICOM files here.
windows 60 reg add 'HKCU\Software\Classes\.dcm' /ve /d Other.Viewer /f >/dev/null
windows 60 reg add 'HKCU\Software\Classes\.dcm\OpenWithProgids' /v Other.Viewer /t REG_NONE /f >/dev/null

say "an old version, signed, for one person"
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=Trial -days 2 -addext extendedKeyUsage=codeSigning \
    -keyout "$work/trial.key" -out "$work/trial.pem" 2>"$work/openssl.log"
echo "trial" >"$work/trial.password"
openssl pkcs12 -export -inkey "$work/trial.key" -in "$work/trial.pem" -passout "file:$work/trial.password" -out "$work/trial.p12"
old=$work/old
mkdir -p "$old"
(cd "$checkout" && tar -c --exclude=__pycache__ LICENSE packaging resources workstation) | tar -x -C "$old"
[ ! -d "$checkout/build" ] || ln -sfn "$checkout/build" "$old/build"
sed -i 's/^__version__ = .*/__version__ = "0.0.1"/' "$old/workstation/__init__.py"
echo '"""Only the old version has this."""' >"$old/workstation/only_old.py"
WORKSTATION_SIGN_PKCS12=$work/trial.p12 WORKSTATION_SIGN_PASSWORD_FILE=$work/trial.password \
    "$python" "$old/packaging/build_windows.py" --quick --test >"$work/old.log" 2>&1 || fail "$(cat "$work/old.log")"
ends_with 0 "silent installation" 300 "$old"/dist/windows/*setup.exe /S /CurrentUser
there "$mine/Lib/workstation/only_old.py"
for program in "$old"/dist/windows/*setup.exe "$mine"/{workstation,workstation-cli,uninstall}.exe; do signed "$program"; done
ok "installer, programs and uninstaller are signed"
[ "$(windows 60 "$mine/workstation-cli.exe" --version)" = "workstation 0.0.1" ] || fail "it does not start"
ok "workstation-cli.exe --version"
demo_archive
found=$(windows 120 "$mine/workstation-cli.exe" find "$demo" --level study -k 'PatientName=林*' -k StudyInstanceUID)
[[ $found == *林^月清* ]] || fail "found: $found"
ok "a search for a Chinese name, and its answer"
study=$(echo "$found" | sed -n 's/^(0020,000D) .* //p')
ends_with 0 "a study into the library" 120 "$mine/workstation-cli.exe" get "$demo" --study "$study"

say "refusals"
ends_with 2 "installing over a running copy" 120 "$setup" /S /CurrentUser
ends_with 2 "removing a running copy" 120 "$mine/uninstall.exe" /S "_?=$(windows 30 winepath -w "$mine")"
there "$mine/Lib/workstation/only_old.py"
windows 60 taskkill /f /im workstation-cli.exe >/dev/null
wait $served
ends_with 2 "for one person and for everyone" 60 "$setup" /S /CurrentUser /AllUsers
ends_with 2 "a firewall rule for one person" 60 "$setup" /S /Firewall
ends_with 2 "addresses that are none" 60 "$setup" /S /AllUsers /Firewall '/From=any&calc'
ends_with 2 "for everyone, where everyone may write" 60 "$setup" /S /AllUsers '/D=C:\Tools'
ends_with 2 "and by a detour" 60 "$setup" /S /AllUsers '/D=C:\Program' 'Files\..\Tools'

say "the new version over it"
ends_with 0 "silent installation" 300 "$setup" /S
gone "$mine/Lib/workstation/only_old.py"
gone "$mine/Lib/workstation/__pycache__/only_old.cpython-313.pyc"
there "$mine/Lib/workstation/__pycache__/__main__.cpython-313.pyc"
for name in LICENSE.txt THIRD-PARTY-NOTICES.txt sbom.cdx.json; do there "$mine/$name"; done
there "$(find "$local/../Roaming/Microsoft/Windows/Start Menu" -name Workstation.lnk)"
written "HKCU\\$uninstall" QuietUninstallString
unwritten "HKLM\\$uninstall"
written 'HKCU\Software\Classes\.dcm\OpenWithProgids' Workstation.DICOM
[[ $(registry 'HKCU\Software\Classes\.dcm') == *Other.Viewer* ]] || fail "it took over .dcm"
[ "$(windows 60 "$mine/workstation-cli.exe" --version)" = "workstation $version" ] || fail "not the new version"
ends_with 0 "the library is still there, and whole" 120 "$mine/workstation-cli.exe" verify
echo "$said"
windows 300 "$mine/workstation-cli.exe" selftest | tee "$work/selftest.txt" || fail "selftest: status $?"
"$python" "$checkout/packaging/image_libraries.py" "$mine/sbom.cdx.json" <"$work/selftest.txt" || fail "the bill of materials"
ends_with 0 "selftest without a console" 300 "$mine/workstation.exe" selftest
codec=$(echo "$mine"/Lib/imagecodecs/_jpegls*.pyd)
mv "$codec" "$codec.away"
ends_with 1 "selftest of a broken installation" 300 "$mine/workstation-cli.exe" selftest
echo "$said" | grep '^FAILED  decoding jpeg-ls.dcm' || fail "it does not say what is broken: $said"
mv "$codec.away" "$codec"

say "the window"
colourful && fail "the screen is not empty: $(colours) colours"
rm -rf "$data/Logs"
mkdir "$drive/影像"
cp "$checkout/resources/selftest/jpeg-2000.dcm" "$drive/影像/片 1.dcm"
ends_with 0 "opened on a file, as Explorer would" 120 "$mine/workstation.exe" open 'C:\影像\片 1.dcm' --quit-after-ms 2000
timeout 300 "$wine" "$mine/workstation.exe" --demo </dev/null 2>&1 | cat >"$work/window.log" &
window=$!
eventually "the demo archive is a process of its own" runs workstation-cli
eventually "there are pictures on the screen" colourful
grep 'the program is loaded' "$data/Logs/workstation.log" || fail "the log: $(cat "$data/Logs/workstation.log")"
! grep -E ' (WARNING|ERROR|CRITICAL) ' "$data/Logs/workstation.log" || fail "the log"
windows 60 taskkill /f /im workstation.exe >/dev/null
wait $window || true
eventually "the demo archive ends with a killed window" runs_no workstation-cli
ends_with 0 "the next start" 120 "$mine/workstation.exe" --quit-after-ms 1000

say "for everyone, in a folder of choice"
# In several words: NSIS takes the rest of the line, which may hold no quotes.
ends_with 0 "silent installation" 300 "$setup" /S /AllUsers /Firewall /From=10.0.0.1-10.0.0.9,fe80::1 '/D=C:\Program' 'Files\影像' Workstation
written "HKLM\\$uninstall" FirewallRule
written 'HKLM\Software\Classes\.dcm\OpenWithProgids' Workstation.DICOM
there "$drive/ProgramData/Microsoft/Windows/Start Menu/Programs/Workstation.lnk"
ends_with 0 "selftest" 300 "$everyones/workstation-cli.exe" selftest
ends_with 0 "silent installation over it" 300 "$setup" /S /AllUsers
written "HKLM\\$uninstall" FirewallRule
echo "not of the installer" >"$everyones/mine.txt"
remove "$everyones"
[ "$(find "$everyones" -type f)" = "$everyones/mine.txt" ] || fail "left: $(find "$everyones" | head)"
ok "removed, but for a file of somebody else"
unwritten "HKLM\\$uninstall"
unwritten 'HKLM\Software\Classes\Workstation.DICOM'
unwritten 'HKLM\Software\Classes\.dcm\OpenWithProgids' Workstation.DICOM
unwritten 'HKLM\Software\Classes\.dcm'
there "$mine/workstation.exe"
# Added once for each program, taken away and added again by the version over it, then taken away for good.
rule='name="Workstation"' folder='C:\Program Files\影像 Workstation'
for verb in add delete add delete; do
    for program in workstation workstation-cli; do
        if [ $verb = add ]; then how="dir=in action=allow program" rest=" protocol=TCP profile=private,domain remoteip=10.0.0.1-10.0.0.9,fe80::1"; else how=program rest=; fi
        printf 'advfirewall firewall %s rule %s %s="%s\\%s.exe"%s\n' $verb "$rule" "$how" "$folder" $program "$rest"
    done
done >"$work/rules.txt"
sed 's/^"[^"]*" *//; s/  */ /g' "$drive/netsh.txt" | diff - "$work/rules.txt" || fail "the firewall rules"
ok "the firewall's rules: one a program, asked for and withdrawn"

say "removing"
remove "$mine"
gone "$mine"
unwritten "HKCU\\$uninstall"
unwritten 'HKCU\Software\Classes\.dcm\OpenWithProgids' Workstation.DICOM
[[ $(registry 'HKCU\Software\Classes\.dcm') == *Other.Viewer* ]] || fail "it took somebody's viewer along"
written 'HKCU\Software\Classes\.dcm\OpenWithProgids' Other.Viewer
there "$data/config"
there "$data/data/library/$study"
ok "removed; settings and library are kept"
ends_with 0 "installed again" 300 "$setup" /S
remove "$mine" /DeleteMyData
gone "$mine"
gone "$data"
ok "removed with settings and library"

say "passed: under Wine, not Windows"
