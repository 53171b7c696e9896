# Try the Windows installer on a real Windows: continuous integration does, in an administrator's session of a
# machine that is thrown away afterwards.
#
#     powershell -File packaging\smoke_windows.ps1 workstation-VERSION-setup.exe
param([Parameter(Mandatory)][string] $Setup)
$ErrorActionPreference = 'Stop'
$setup = (Resolve-Path $Setup).Path
$key = 'Software\Microsoft\Windows\CurrentVersion\Uninstall\Workstation'

function Check($true_, $what) {
    if (-not $true_) { throw "FAILED  $what" }
    Write-Host "ok      $what"
}
function Run($what, $program, $arguments, $wanted = 0) {
    $process = Start-Process $program $arguments -PassThru -Wait -NoNewWindow
    Check ($process.ExitCode -eq $wanted) "$what (status $($process.ExitCode))"
}
function Remove-It($folder, $arguments = '/S') {
    Run 'uninstall' "$folder\uninstall.exe" $arguments
    foreach ($turn in 1..240) {
        if (-not (Get-Process Un_* -ErrorAction SilentlyContinue)) { break }
        Start-Sleep -Milliseconds 500
    }
    Check (-not (Test-Path $folder)) "nothing is left of $folder"
}
function Rules { @(Get-NetFirewallRule -DisplayName Workstation -ErrorAction SilentlyContinue) }

$mine = "$env:LOCALAPPDATA\Programs\Workstation"
Run 'silent, for one person' $setup '/S'
Check (Test-Path "HKCU:\$key") 'it is in the list of programs'
Check ((Get-Item 'HKCU:\Software\Classes\.dcm\OpenWithProgids').Property -contains 'Workstation.DICOM') 'it is offered for .dcm'
Run 'selftest' "$mine\workstation-cli.exe" 'selftest'
Run 'selftest without a console' "$mine\workstation.exe" 'selftest'
Run 'the window, for a second' "$mine\workstation.exe" '--quit-after-ms 1000'
$running = Start-Process "$mine\workstation-cli.exe" '--json demo-archive --port 0' -PassThru -WindowStyle Hidden
Start-Sleep -Seconds 5
Run 'not over a running copy' $setup '/S' 2
$running.Kill()
$running.WaitForExit()
Run 'over an installed version' $setup '/S'
Remove-It $mine
Check (Test-Path "$env:LOCALAPPDATA\workstation\config") 'settings are kept'

$everyones = "$env:ProgramFiles\DICOM Workstation"
Run 'silent, for everyone, with a firewall rule' $setup "/S /AllUsers /Firewall /D=$everyones"
Check ((Rules).Count -eq 2) 'two firewall rules, one a program'
Run 'selftest' "$everyones\workstation-cli.exe" 'selftest'
Remove-It $everyones '/S /DeleteMyData'
Check ((Rules).Count -eq 0) 'the firewall rules are gone'
Check (-not (Test-Path "HKLM:\$key")) 'it is no longer in the list of programs'
Check (-not (Test-Path "$env:LOCALAPPDATA\workstation")) 'settings and library are gone'
Write-Host 'passed on' ([Environment]::OSVersion.VersionString)
