#include "structs.h"

typedef struct {
    PyObject ob_base;
    char padding[3];
    PyObject *task_loop;
    int task_state;
    unsigned task_log_tb : 1;
    unsigned task_blocking : 1;
    unsigned task_must_cancel : 1;
    union {
        int task_number;
        struct {
            PyObject *task_coro;
            const volatile PyObject *task_name;
        };
    };
} TaskObj;

typedef struct {
    PyObject ob_base;
    intptr_t length;
    struct {
        uint16_t interned;
        unsigned short kind : 3;
        unsigned short compact : 1;
    } state;
} PyASCIIObject;

typedef struct BLOCK {
    struct BLOCK *leftlink;
    PyObject *data[37];
    struct BLOCK *rightlink;
} BLOCK;

TaskObj task;
PyASCIIObject ascii;
BLOCK block;
PyVarObject var;
PyInterpreterState *asyncio_interpreter;
