/* The command python3: libpython, told to read the whole standard library from its files. Debian's libpython carries a
 * frozen copy of site.py, which looks for packages where Debian keeps them; the file is the one that we changed.
 * https://docs.python.org/3.11/c-api/init_config.html
 */
#include <Python.h>

int main(int argc, char **argv)
{
    PyConfig config;
    PyStatus status;

    PyConfig_InitPythonConfig(&config);
    config.use_frozen_modules = 0;
    status = PyConfig_SetBytesArgv(&config, argc, argv);
    if (!PyStatus_Exception(status))
        status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    if (PyStatus_Exception(status))
        Py_ExitStatusException(status);
    return Py_RunMain();
}
