/* Structures with CPython's names and shapes of their own, for tests/dwarf.rs. */
#ifndef STRUCTS_H
#define STRUCTS_H

#include <stddef.h>
#include <stdint.h>

typedef struct _object {
    union {
        intptr_t ob_refcnt;
        struct {
            uint32_t ob_refcnt_low;
            uint16_t ob_flags;
        };
    };
    struct _typeobject *ob_type;
} PyObject;

typedef struct {
    PyObject ob_base;
    intptr_t ob_size;
} PyVarObject;

/* Only declared here, described in Python/pystate.c alone. */
typedef struct _is PyInterpreterState;

#endif
