/* Preloaded, it makes every fsync and fdatasync of a process 10 ms slower, as on an ordinary disk. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>

static int slower(const char *name, int fd) {
  struct timespec ten_ms = {0, 10 * 1000 * 1000};
  nanosleep(&ten_ms, 0);
  return ((int (*)(int))dlsym(RTLD_NEXT, name))(fd);
}

int fsync(int fd) { return slower("fsync", fd); }
int fdatasync(int fd) { return slower("fdatasync", fd); }
