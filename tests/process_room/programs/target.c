/* A program to be looked at from outside. It says what is true of it on its
 * standard output, line by line, then "ready". It ends when its input does.
 *
 *   target [threads]          beats, with so many further threads
 *   target breed              starts and joins threads all the time
 *   target vfork              waits for a child that shares its memory
 *   target headless           its main thread ends before the others
 *   target map FILE           beats, and has FILE mapped as data
 *   target load LIBRARY       beats, and has LIBRARY loaded
 *   target exec               replaces itself by itself, from a second thread
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifndef NO_LOAD
#include <dlfcn.h>
#endif

#define PAGE 4096
#define REGION_PAGES 64

volatile unsigned long beats = 1;
volatile unsigned long signals;
__attribute__((section(".mine"))) volatile unsigned long mine = 7;
unsigned char zeros[3 * PAGE];

static void count(int signal) {
    (void)signal;
    __atomic_add_fetch(&signals, 1, __ATOMIC_SEQ_CST);
}

static void nap(void) {
    struct timespec millisecond = {0, 1000000};
    nanosleep(&millisecond, NULL);
}

static void *idle(void *unused) {
    for (;;) pause();
    return unused;
}

static void *beat(void *unused) {
    for (;;) {
        beats++;
        nap();
    }
    return unused;
}

static void *end_with_input(void *unused) {
    char byte;
    while (read(0, &byte, 1) > 0) {
    }
    _exit(0);
    return unused;
}

static void *replace(void *path) {
    for (int time = 0; time < 3; time++) nap();
    execl(path, path, "exec", NULL);
    return path;
}

static void *nothing(void *unused) { return unused; }

static void start(void *(*body)(void *)) {
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 65536);
    if (pthread_create(&thread, &attributes, body, NULL) != 0) abort();
}

/* Pages filled with their own number, the third of each four unreadable, and
 * nothing mapped behind the last. */
static unsigned char *make_region(void) {
    size_t size = (REGION_PAGES + 1) * PAGE;
    unsigned char *region =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int page = 0; page < REGION_PAGES; page++) {
        for (int byte = 0; byte < PAGE; byte++)
            region[page * PAGE + byte] = (unsigned char)(page * 7 + byte);
        if (page % 4 == 2) mprotect(region + page * PAGE, PAGE, PROT_NONE);
    }
    munmap(region + REGION_PAGES * PAGE, PAGE);
    return region;
}

static void map_as_data(const char *path) {
    int file = open(path, O_RDONLY);
    struct stat status;
    if (file < 0 || fstat(file, &status) != 0) abort();
    void *data = mmap(NULL, status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    printf("data %p\n", data);
}

#ifndef NO_LOAD
static void load(const char *path) {
    void *library = dlopen(path, RTLD_NOW);
    if (library == NULL) abort();
    printf("loaded %p\n", dlsym(library, "loaded_value"));
}
#else
static void load(const char *path) { (void)path; }
#endif

int main(int argc, char **argv) {
    const char *mode = argc > 1 ? argv[1] : "0";
    struct sigaction action = {.sa_handler = count, .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGRTMIN, &action, NULL);
    printf("beats %p\nsignals %p\nmine %p\nzeros %p\nregion %p\n", (void *)&beats,
           (void *)&signals, (void *)&mine, (void *)zeros, (void *)make_region());
    if (strcmp(mode, "map") == 0) map_as_data(argv[2]);
    if (strcmp(mode, "load") == 0) load(argv[2]);
    for (int thread = atoi(mode); thread > 0; thread--) start(idle);

    if (strcmp(mode, "vfork") == 0) {
        puts("ready");
        fflush(stdout);
        if (vfork() == 0) {
            char byte;
            while (read(0, &byte, 1) > 0) {
            }
            _exit(0);
        }
        puts("woken");
        fflush(stdout);
        for (;;) beat(NULL);
    }
    start(end_with_input);
    if (strcmp(mode, "exec") == 0) {
        pthread_t thread;
        start(idle);
        puts("ready");
        fflush(stdout);
        if (pthread_create(&thread, NULL, replace, argv[0]) != 0) abort();
        for (;;) pause();
    }
    if (strcmp(mode, "headless") == 0) {
        prctl(PR_SET_NAME, "h\xc3\xa9) R (\xc3");
        start(beat);
        puts("ready");
        fflush(stdout);
        pthread_exit(NULL);
    }
    puts("ready");
    fflush(stdout);
    if (strcmp(mode, "breed") == 0) {
        for (;;) {
            pthread_t thread;
            if (pthread_create(&thread, NULL, nothing, NULL) == 0) pthread_join(thread, NULL);
            beats++;
        }
    }
    beat(NULL);
}
