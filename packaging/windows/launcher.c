/* workstation.exe (no console) and workstation-cli.exe: load the Python beside them and run the program.

   With an executable of its own the program, not some pythonw.exe, is what the firewall, the task bar, a
   signature and the installer's look for a running copy see. python313._pth beside it keeps that Python to
   itself: no environment variable, no other installation has a say. */

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>
#include <windows.h>

typedef int (*python_main)(int, wchar_t **);

static int complain(const wchar_t *path)
{
    wchar_t sentence[1200];

    swprintf(sentence, 1200, L"Workstation cannot start: error %lu in\n%ls\n\nInstall it again.", GetLastError(),
             path);
#ifdef WINDOWED
    MessageBoxW(NULL, sentence, L"Workstation", MB_OK | MB_ICONERROR);
#else
    fwprintf(stderr, L"%ls\n", sentence);
#endif
    return 1;
}

int wmain(int count, wchar_t **arguments)
{
    static const wchar_t *before[] = {L"-X", L"utf8", L"-m", L"workstation_installed"};
    enum { BEFORE = sizeof before / sizeof *before, ROOM = 1024 };
    wchar_t path[ROOM];
    wchar_t **all;
    wchar_t *name;
    HMODULE python;
    python_main run;
    int place;

    SetDllDirectoryW(L""); /* never from the current folder, which may be somebody's CD */
    place = (int)GetModuleFileNameW(NULL, path, ROOM);
    name = wcsrchr(path, L'\\');
    if (place == 0 || place >= ROOM || name == NULL || name - path + sizeof PYTHON_DLL >= ROOM)
        return complain(L"the name of its folder");
    wcscpy(name + 1, PYTHON_DLL);
    python = LoadLibraryExW(path, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
    run = python == NULL ? NULL : (python_main)(void *)GetProcAddress(python, "Py_Main");
    all = calloc((size_t)count + BEFORE + 1, sizeof *all);
    if (run == NULL || all == NULL)
        return complain(path);
    all[0] = arguments[0];
    memcpy(all + 1, before, sizeof before);
    for (place = 1; place < count; place++)
        all[place + BEFORE] = arguments[place];
    return run(count + BEFORE, all);
}

#ifdef WINDOWED
int WINAPI wWinMain(HINSTANCE self, HINSTANCE before, PWSTR line, int show)
{
    (void)self, (void)before, (void)line, (void)show;
    return wmain(__argc, __wargv);
}
#endif
