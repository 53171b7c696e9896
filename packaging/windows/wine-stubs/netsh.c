/* Tests under Wine only: Wine has no firewall, and its netsh does nothing. This one writes down what it was asked
   for, a line a call in C:\netsh.txt, for the smoke test to compare. Never part of the product. */

#include <stdio.h>
#include <windows.h>

int main(void)
{
    char line[4096];
    FILE *file = fopen("C:\\netsh.txt", "ab");

    if (file == NULL || WideCharToMultiByte(CP_UTF8, 0, GetCommandLineW(), -1, line, sizeof line, NULL, NULL) == 0)
        return 1;
    fprintf(file, "%s\n", line);
    return fclose(file) != 0;
}
