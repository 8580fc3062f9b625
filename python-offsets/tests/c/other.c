#include "structs.h"

typedef struct {
    PyObject ob_base;
    PyObject *wr_object;
} PyWeakReference;

PyWeakReference weakref;
int other;
