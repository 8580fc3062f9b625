/* What the compiler itself says of the structures. */
#include "_asynciomodule.c"
#define main unused
#include "pystate.c"
#undef main
#include "other.c"
#include <stdio.h>

#define OFFSET(key, type, member) printf(key " %zu\n", offsetof(type, member))
#define SIZE(key, type) printf(key " %zu\n", sizeof(type))

int main(void)
{
    SIZE("object.size", PyObject);
    OFFSET("object.ob_type", PyObject, ob_type);
    OFFSET("object.ob_refcnt", PyObject, ob_refcnt);
    OFFSET("object.ob_size", PyVarObject, ob_size);
    OFFSET("long.tag", PyVarObject, ob_size);
    SIZE("task.size", TaskObj);
    OFFSET("task.loop", TaskObj, task_loop);
    OFFSET("task.state", TaskObj, task_state);
    OFFSET("task.coro", TaskObj, task_coro);
    OFFSET("task.name", TaskObj, task_name);
    /* Bit fields have no offsetof: they are in the int behind the state. */
    printf("task.log_tb %zu\ntask.log_tb_bit 0\n", offsetof(TaskObj, task_state) + 4);
    printf("task.must_cancel %zu\ntask.must_cancel_bit 2\n", offsetof(TaskObj, task_state) + 4);
    OFFSET("unicode.length", PyASCIIObject, length);
    OFFSET("unicode.state", PyASCIIObject, state);
    SIZE("unicode.ascii_size", PyASCIIObject);
    printf("unicode.kind_shift 16\n");
    printf("unicode.compact_shift 19\n");
    OFFSET("deque.block_data", BLOCK, data);
    OFFSET("deque.block_right", BLOCK, rightlink);
    printf("deque.block_length 37\n");
    SIZE("gc.head_size", PyGC_Head);
    OFFSET("gc.heads.0", struct _gc_runtime_state, generations[0].head);
    OFFSET("gc.heads.1", struct _gc_runtime_state, generations[1].head);
    OFFSET("gc.heads.2", struct _gc_runtime_state, generations[2].head);
    OFFSET("gc.heads.3", struct _gc_runtime_state, permanent_generation.head);
    SIZE("interp.size", PyInterpreterState);
    OFFSET("interp.next", PyInterpreterState, next);
    OFFSET("interp.id", PyInterpreterState, id);
    OFFSET("interp.gc", PyInterpreterState, gc);
    OFFSET("interp.modules", PyInterpreterState, imports.modules);
    return 0;
}
