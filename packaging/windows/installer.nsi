; The installer and the uninstaller of Workstation for 64-bit Windows.
;
;   setup.exe [/S] [/CurrentUser | /AllUsers] [/Firewall [/From="ADDRESSES"]] [/D=FOLDER]
;                                                                    /D last, without quotes
;   uninstall.exe [/S] [/DeleteMyData]
;
; For one person unless told, without an administrator. Exit status: 0 done, 1 given up by the person, 2 refused,
; 740 only an administrator may do that. It is built by build_windows.py, which defines the names in capitals and
; lists every file in FILES.

Unicode true
Target amd64-unicode
!ifdef QUICK
  SetCompressor zlib
!else
  SetCompressor /SOLID lzma
  SetCompressorDictSize 64
!endif
Name "Workstation"
OutFile "${OUT}"
RequestExecutionLevel user
ManifestDPIAware true
ManifestSupportedOS Win10
BrandingText "Workstation ${VERSION}"
ShowInstDetails nevershow
ShowUninstDetails nevershow
!ifdef SIGN
  !uninstfinalize '${SIGN} "%1"'
!endif

VIProductVersion "${NUMBERS}"
VIAddVersionKey "ProductName" "Workstation"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "FileDescription" "Workstation Setup"
VIAddVersionKey "CompanyName" "Workstation"
VIAddVersionKey "LegalCopyright" "MIT License"

!include FileFunc.nsh
!include LogicLib.nsh
!include MUI2.nsh
!include WinVer.nsh
!include x64.nsh
!include "${FILES}"

!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Workstation"
!define KIND "Workstation.DICOM"
!define WINDOW "workstation.exe"
!define CONSOLE "workstation-cli.exe"
!define REFUSED 2
!define NEEDS_ADMINISTRATOR 740

Var Everyone    ; 1: for all accounts of this computer
Var Firewall    ; 1: with a rule
Var From        ; the addresses it lets in, as netsh's remoteip takes them
Var Before      ; folder of an installation of the same kind
Var Box
Var OtherBox

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_ABORTWARNING
!define MUI_FINISHPAGE_RUN
!define MUI_FINISHPAGE_RUN_FUNCTION Start
Page custom AskWho TakeWho
!define MUI_PAGE_CUSTOMFUNCTION_LEAVE TakeFolder
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
UninstPage custom un.AskData un.TakeData
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE English

; --- both --------------------------------------------------------------------------------------------------

; Say why not, and end: SENTENCE STATUS
!macro REFUSE SENTENCE STATUS
  MessageBox MB_OK|MB_ICONSTOP "${SENTENCE}" /SD IDOK
  SetErrorLevel ${STATUS}
  Quit
!macroend

!macro SHARED un
; The registry and the Start menu of whom it is for.
Function ${un}Aim
  SetRegView 64
  ${If} $Everyone == 1
    SetShellVarContext all
  ${Else}
    SetShellVarContext current
  ${EndIf}
FunctionEnd

; Sets $R1 to 1 if Windows would not let the file $R0 be written: it is being run.
Function ${un}Probe
  StrCpy $R1 0
  ${If} ${FileExists} "$R0"
    ClearErrors
    FileOpen $R2 "$R0" a
    ${If} ${Errors}
      StrCpy $R1 1
    ${Else}
      FileClose $R2
    ${EndIf}
  ${EndIf}
FunctionEnd

; Ends unless no program of the folder $R3 is running.
Function ${un}RefuseWhileRunning
  again:
  StrCpy $R0 "$R3\${WINDOW}"
  Call ${un}Probe
  ${If} $R1 == 0
    StrCpy $R0 "$R3\${CONSOLE}"
    Call ${un}Probe
  ${EndIf}
  ${If} $R1 == 0
    StrCpy $R0 "$R3\python313.dll"
    Call ${un}Probe
  ${EndIf}
  ${If} $R1 == 1
    MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION \
      "Workstation is running.$\n$\nClose its windows, then try again." /SD IDCANCEL IDRETRY again
    SetErrorLevel ${REFUSED}
    Quit
  ${EndIf}
FunctionEnd

; Sets $R0 to 1 if this process may change what belongs to everyone.
Function ${un}IsAdministrator
  StrCpy $R0 0
  UserInfo::GetAccountType
  Pop $R1
  ${If} $R1 == "Admin"
    StrCpy $R0 1
  ${EndIf}
FunctionEnd
!macroend
!insertmacro SHARED ""
!insertmacro SHARED "un."

; --- installing --------------------------------------------------------------------------------------------

Function .onInit
  ${IfNot} ${RunningX64}
    !insertmacro REFUSE "Workstation needs a 64-bit Windows." ${REFUSED}
  ${EndIf}
  ${IfNot} ${AtLeastWin10}
    !insertmacro REFUSE "Workstation needs Windows 10, version 1809, or newer." ${REFUSED}
  ${EndIf}
  StrCpy $Everyone 0
  StrCpy $Firewall 0
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/AllUsers" $1
  ${IfNot} ${Errors}
    StrCpy $Everyone 1
  ${EndIf}
  ClearErrors
  ${GetOptions} $0 "/CurrentUser" $1
  ${IfNot} ${Errors}
    ${If} $Everyone == 1
      !insertmacro REFUSE "Either /AllUsers or /CurrentUser." ${REFUSED}
    ${EndIf}
  ${EndIf}
  ClearErrors
  ${GetOptions} $0 "/Firewall" $1
  ${IfNot} ${Errors}
    StrCpy $Firewall 1
  ${EndIf}
  ${If} $Firewall == 1
  ${AndIf} $Everyone == 0
    !insertmacro REFUSE "A firewall rule (/Firewall) is for everyone (/AllUsers)." ${REFUSED}
  ${EndIf}
  ClearErrors
  ${GetOptions} $0 "/From=" $From
  ${IfNot} ${Errors}
    ${If} $Firewall == 0
      !insertmacro REFUSE "Addresses (/From) are those of a firewall rule (/Firewall)." ${REFUSED}
    ${EndIf}
    Call CheckAddresses
    ${If} $R0 == 0
      !insertmacro REFUSE "Addresses (/From) are IP addresses, subnets and ranges with commas between, any or \
        LocalSubnet." ${REFUSED}
    ${EndIf}
  ${EndIf}
  ${If} $Everyone == 1
    Call IsAdministrator
    ${If} $R0 == 0
      !insertmacro REFUSE "Only an administrator can install Workstation for everyone." ${NEEDS_ADMINISTRATOR}
    ${EndIf}
  ${EndIf}
  Call Settle
FunctionEnd

; Where to, once it is known for whom: /D, else where it was before, else the usual place.
Function Settle
  Call Aim
  ReadRegStr $Before SHCTX "${UNINSTALL}" "InstallLocation"
  ${If} $INSTDIR == ""
    ${If} $Before != ""
      StrCpy $INSTDIR $Before
    ${ElseIf} $Everyone == 1
      StrCpy $INSTDIR "$PROGRAMFILES64\Workstation"
    ${Else}
      StrCpy $INSTDIR "$LOCALAPPDATA\Programs\Workstation"
    ${EndIf}
  ${EndIf}
  ${If} $Firewall == 0
    ReadRegDWORD $0 SHCTX "${UNINSTALL}" "FirewallRule"
    ${If} $0 == 1
      StrCpy $Firewall 1 ; it was wanted before
    ${EndIf}
  ${EndIf}
  ${If} $From == ""
    ReadRegStr $From SHCTX "${UNINSTALL}" "FirewallFrom"
    Call CheckAddresses
    ${If} $R0 == 0
      StrCpy $From "LocalSubnet"
    ${EndIf}
  ${EndIf}
FunctionEnd

; Sets $R0 to 1 if $From may stand on a command line: a word of netsh's, or nothing but what addresses are made of.
Function CheckAddresses
  StrCpy $R0 1
  ${If} $From == "any"
  ${OrIf} $From == "LocalSubnet"
    Return
  ${EndIf}
  StrLen $R1 $From
  ${If} $R1 == 0
    StrCpy $R0 0
  ${EndIf}
  ${While} $R1 > 0
    IntOp $R1 $R1 - 1
    StrCpy $R2 $From 1 $R1
    StrCpy $R3 "0123456789abcdef.:/,-"
    again:
    ${If} $R3 == ""
      StrCpy $R0 0
      Return
    ${EndIf}
    StrCpy $R4 $R3 1
    StrCpy $R3 $R3 "" 1
    ${If} $R2 != $R4
      Goto again
    ${EndIf}
  ${EndWhile}
FunctionEnd

; Sets $R0 to 0 if other accounts might replace programs in $INSTDIR: only what lies below Program Files, whose
; rights a new folder inherits, is known to be closed to them, its parents as well.
Function CheckFolder
  StrCpy $R0 1
  ${If} $Everyone == 1
    System::Call 'kernel32::GetFullPathName(t "$INSTDIR", i ${NSIS_MAX_STRLEN}, t .R1, p 0) i .R2'
    ${If} $R2 == 0
      StrCpy $R0 0
      Return
    ${EndIf}
    StrCpy $INSTDIR $R1 ; without any ".."
    StrLen $R2 "$PROGRAMFILES64\"
    StrCpy $R1 $INSTDIR $R2
    StrCpy $R3 $INSTDIR "" $R2
    ${If} $R1 != "$PROGRAMFILES64\"
    ${OrIf} $R3 == ""
      StrCpy $R0 0
    ${EndIf}
  ${EndIf}
FunctionEnd

!define OPEN_FOLDER "For everyone Workstation is installed below $PROGRAMFILES64: elsewhere other accounts could \
  replace its programs. Choose a folder there."

Function TakeFolder
  Call CheckFolder
  ${If} $R0 == 0
    MessageBox MB_OK|MB_ICONEXCLAMATION "${OPEN_FOLDER}"
    Abort
  ${EndIf}
FunctionEnd

Function AskWho
  !insertmacro MUI_HEADER_TEXT "Install Workstation ${VERSION}" "Who is going to use it?"
  nsDialogs::Create 1018
  Pop $0
  ${NSD_CreateRadioButton} 0 0 100% 12u "Only &me. No administrator is needed."
  Pop $1
  ${NSD_CreateRadioButton} 0 18u 100% 12u "&Everyone on this computer. Windows asks for an administrator."
  Pop $Box
  ${NSD_CreateCheckbox} 12u 36u 90% 12u "Let archives send images to it through the Windows &firewall"
  Pop $OtherBox
  ${NSD_CreateLabel} 24u 50u 86% 34u "Needed where archives deliver by C-MOVE. The rule is for this program alone, in \
    private and domain networks, from this computer's own subnet. Archives elsewhere: setup.exe /From, see its README."
  Pop $0
  ${NSD_OnClick} $1 WhoChanged
  ${NSD_OnClick} $Box WhoChanged
  ${If} $Everyone == 1
    ${NSD_Check} $Box
    ${NSD_SetFocus} $Box
  ${Else}
    ${NSD_Check} $1
    ${NSD_SetFocus} $1
  ${EndIf}
  ${If} $Firewall == 1
    ${NSD_Check} $OtherBox
  ${EndIf}
  Call WhoChanged
  nsDialogs::Show
FunctionEnd

Function WhoChanged
  ${NSD_GetState} $Box $0
  EnableWindow $OtherBox $0
FunctionEnd

Function TakeWho
  StrCpy $2 $Everyone
  ${NSD_GetState} $Box $Everyone
  StrCpy $Firewall 0
  ${If} $Everyone == 1
    ${NSD_GetState} $OtherBox $Firewall
    Call IsAdministrator
    ${If} $R0 == 0
      StrCpy $0 "/AllUsers"
      ${If} $Firewall == 1
        StrCpy $0 "/AllUsers /Firewall"
      ${EndIf}
      ClearErrors
      ExecShell "runas" "$EXEPATH" "$0"
      ${If} ${Errors}
        Abort ; the person said no: the page stays
      ${EndIf}
      Quit
    ${EndIf}
  ${EndIf}
  ${If} $2 != $Everyone
    StrCpy $INSTDIR ""
    StrCpy $2 $Firewall
    Call Settle
    StrCpy $Firewall $2
  ${EndIf}
FunctionEnd

Section
  Call CheckFolder
  ${If} $R0 == 0
    !insertmacro REFUSE "${OPEN_FOLDER}" ${REFUSED}
  ${EndIf}
  StrCpy $R3 $INSTDIR
  Call RefuseWhileRunning
  ; The old version knows best which files are its own; settings and library are never among them.
  ; Without one $Before is empty, and "\uninstall.exe" would be a file of the current drive's root.
  ${If} $Before != ""
  ${AndIf} ${FileExists} "$Before\uninstall.exe"
    ClearErrors
    ExecWait '"$Before\uninstall.exe" /S _?=$Before' $0
    ${If} ${Errors}
    ${OrIf} $0 != 0
      !insertmacro REFUSE "The installed version cannot be replaced. Close Workstation, then try again." ${REFUSED}
    ${EndIf}
    Delete "$Before\uninstall.exe"
    RMDir "$Before"
  ${EndIf}

  !insertmacro INSTALL_FILES
  SetOutPath "$INSTDIR"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  DetailPrint "Preparing for quick starts..."
  nsExec::Exec '"$INSTDIR\${CONSOLE}" precompile'
  Pop $0
  DetailPrint "Prepared: $0"

  CreateShortCut "$SMPROGRAMS\Workstation.lnk" "$INSTDIR\${WINDOW}" "" "" "" "" "" \
    "Find, fetch and look at studies in DICOM archives"

  ; Offered beside whatever opens DICOM files here, never instead of it.
  WriteRegStr SHCTX "Software\Classes\${KIND}" "" "DICOM file"
  WriteRegStr SHCTX "Software\Classes\${KIND}\DefaultIcon" "" "$INSTDIR\${WINDOW},0"
  WriteRegStr SHCTX "Software\Classes\${KIND}\shell\open" "FriendlyAppName" "Workstation"
  WriteRegStr SHCTX "Software\Classes\${KIND}\shell\open\command" "" '"$INSTDIR\${WINDOW}" open "%1"'
  WriteRegNone SHCTX "Software\Classes\.dcm\OpenWithProgids" "${KIND}"
  WriteRegNone SHCTX "Software\Classes\.dicom\OpenWithProgids" "${KIND}"

  WriteRegStr SHCTX "${UNINSTALL}" "DisplayName" "Workstation"
  WriteRegStr SHCTX "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr SHCTX "${UNINSTALL}" "DisplayIcon" "$INSTDIR\${WINDOW}"
  WriteRegStr SHCTX "${UNINSTALL}" "Publisher" "Workstation"
  WriteRegStr SHCTX "${UNINSTALL}" "InstallLocation" "$INSTDIR"
  WriteRegStr SHCTX "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr SHCTX "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD SHCTX "${UNINSTALL}" "EstimatedSize" ${KILOBYTES}
  WriteRegDWORD SHCTX "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD SHCTX "${UNINSTALL}" "NoRepair" 1
  ${If} $Everyone == 1
  ${AndIf} $Firewall == 1
    StrCpy $R0 "${WINDOW}"
    Call AddRule
    StrCpy $R0 "${CONSOLE}"
    Call AddRule
    WriteRegDWORD SHCTX "${UNINSTALL}" "FirewallRule" 1
    WriteRegStr SHCTX "${UNINSTALL}" "FirewallFrom" "$From"
  ${EndIf}
  ${RefreshShellIcons}
SectionEnd

; No port: each person sets the listener's own.
Function AddRule
  nsExec::Exec '"$SYSDIR\netsh.exe" advfirewall firewall add rule name="Workstation" dir=in action=allow \
    program="$INSTDIR\$R0" protocol=TCP profile=private,domain remoteip=$From'
  Pop $0
  DetailPrint "Firewall rule for $R0: $0"
  ${If} $0 != 0
    MessageBox MB_OK|MB_ICONEXCLAMATION "Windows did not take the firewall rule. Archives cannot send images to \
      Workstation until an administrator adds one." /SD IDOK
  ${EndIf}
FunctionEnd

; By the desktop's own hand: an administrator's rights end with the installation.
Function Start
  Exec '"$WINDIR\explorer.exe" "$INSTDIR\${WINDOW}"'
FunctionEnd

; --- removing ----------------------------------------------------------------------------------------------

Var DeleteData

Function un.onInit
  SetRegView 64
  StrCpy $Everyone 0
  ReadRegStr $0 HKLM "${UNINSTALL}" "InstallLocation"
  ${If} $0 == $INSTDIR
    StrCpy $Everyone 1
    Call un.IsAdministrator
    ${If} $R0 == 0
      ${If} ${Silent}
        !insertmacro REFUSE "Only an administrator can remove Workstation for everyone." ${NEEDS_ADMINISTRATOR}
      ${EndIf}
      ExecShell "runas" "$INSTDIR\uninstall.exe"
      Quit
    ${EndIf}
  ${EndIf}
  Call un.Aim
  StrCpy $DeleteData 0
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/DeleteMyData" $1
  ${IfNot} ${Errors}
    StrCpy $DeleteData 1
  ${EndIf}
FunctionEnd

Function un.AskData
  !insertmacro MUI_HEADER_TEXT "Remove Workstation" "What may go with it?"
  nsDialogs::Create 1018
  Pop $0
  ${NSD_CreateCheckbox} 0 0 100% 12u "Also &delete my settings, my library and all studies in it"
  Pop $Box
  System::Call 'advapi32::GetUserName(t .r1, *i ${NSIS_MAX_STRLEN}) i'
  SetShellVarContext current
  ${NSD_CreateLabel} 12u 16u 95% 50u "Only those of the account $1, in $LOCALAPPDATA\workstation. A library kept \
    elsewhere stays.$\r$\n$\r$\nUnless you tick this, the next installation finds them again."
  Pop $0
  Call un.Aim
  nsDialogs::Show
FunctionEnd

Function un.TakeData
  ${NSD_GetState} $Box $DeleteData
FunctionEnd

Section Uninstall
  StrCpy $R3 $INSTDIR
  Call un.RefuseWhileRunning
  ReadRegDWORD $0 SHCTX "${UNINSTALL}" "FirewallRule"
  ${If} $0 == 1
    StrCpy $R0 "${WINDOW}"
    Call un.RemoveRule
    StrCpy $R0 "${CONSOLE}"
    Call un.RemoveRule
  ${EndIf}
  Delete "$SMPROGRAMS\Workstation.lnk"
  !insertmacro REMOVE_FILES
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  DeleteRegKey SHCTX "Software\Classes\${KIND}"
  StrCpy $R0 ".dcm"
  Call un.OfferNoMore
  StrCpy $R0 ".dicom"
  Call un.OfferNoMore
  DeleteRegKey SHCTX "${UNINSTALL}"
  ${If} $DeleteData == 1
    SetShellVarContext current
    RMDir /r "$LOCALAPPDATA\workstation\config"
    RMDir /r "$LOCALAPPDATA\workstation\data"
    RMDir /r "$LOCALAPPDATA\workstation\Cache"
    RMDir /r "$LOCALAPPDATA\workstation\Logs"
    RMDir "$LOCALAPPDATA\workstation"
  ${EndIf}
  ${un.RefreshShellIcons}
SectionEnd

; Of the extension $R0; what others wrote there stays.
Function un.OfferNoMore
  DeleteRegValue SHCTX "Software\Classes\$R0\OpenWithProgids" "${KIND}"
  DeleteRegKey /ifnosubkeys /ifnovalues SHCTX "Software\Classes\$R0\OpenWithProgids"
  DeleteRegKey /ifnosubkeys /ifnovalues SHCTX "Software\Classes\$R0"
FunctionEnd

Function un.RemoveRule
  nsExec::Exec '"$SYSDIR\netsh.exe" advfirewall firewall delete rule name="Workstation" program="$INSTDIR\$R0"'
  Pop $0
FunctionEnd
