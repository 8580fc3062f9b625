#include "structs.h"

struct gc_head {
    uintptr_t next, prev;
};
typedef struct gc_head PyGC_Head;

struct gc_generation {
    int threshold;
    PyGC_Head head;
};

struct _gc_runtime_state {
    int enabled;
    struct gc_generation generations[3];
    struct gc_generation permanent_generation;
};

struct _is {
    PyInterpreterState *next;
    char padding[100];
    int64_t id;
    struct _gc_runtime_state gc;
    struct {
        int busy;
        PyObject *modules;
    } imports;
};

PyInterpreterState interpreter;

/* Described by a source that is not looked at. */
extern int other;
int main(void) { return other; }
