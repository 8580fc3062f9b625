/* A C program with CPython inside.
 *
 *     embed run SCRIPT     runs SCRIPT as `python SCRIPT` would
 *     embed before         says READY and sleeps before the interpreter is there
 */
#include <Python.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    FILE *script;

    alarm(600);
    if (argc == 2 && strcmp(argv[1], "before") == 0) {
        puts("READY");
        fflush(stdout);
        sleep(3600);
        Py_Initialize();
        return 0;
    }
    if (argc != 3 || !(script = fopen(argv[2], "r")))
        return 2;
    Py_Initialize();
    return PyRun_SimpleFile(script, argv[2]);
}
