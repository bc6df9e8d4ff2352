// Counts allocations of a process it is preloaded into; `hawker bench path` reads the counts.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// glibc's own names for what is replaced here.
extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t bytes);
extern void *__libc_realloc(void *old, size_t bytes);
extern void *__libc_memalign(size_t alignment, size_t bytes);

// One thread runs the benchmark; the others are idle by then, so plain counters will do.
volatile uint64_t hawker_allocation_count;
// Of these: made inside NSS, which Debian's libsrtp2 encrypts with.
volatile uint64_t hawker_nss_allocation_count;

static __thread int is_counting;

static void count(const void *caller) {
  hawker_allocation_count++;
  if (is_counting) return;
  is_counting = 1;
  Dl_info found;
  if (dladdr(caller, &found) && found.dli_fname) {
    const char *slash = strrchr(found.dli_fname, '/');
    const char *name = slash ? slash + 1 : found.dli_fname;
    static const char *const parts[] = {"libnss", "libnspr", "libfreebl", "libsoftokn", "libplc"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
      if (!strncmp(name, parts[i], strlen(parts[i]))) {
        hawker_nss_allocation_count++;
        break;
      }
    }
  }
  is_counting = 0;
}

void *malloc(size_t bytes) {
  count(__builtin_return_address(0));
  return __libc_malloc(bytes);
}

void *calloc(size_t elements, size_t bytes) {
  count(__builtin_return_address(0));
  return __libc_calloc(elements, bytes);
}

void *realloc(void *old, size_t bytes) {
  count(__builtin_return_address(0));
  return __libc_realloc(old, bytes);
}

void *memalign(size_t alignment, size_t bytes) {
  count(__builtin_return_address(0));
  return __libc_memalign(alignment, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes) {
  count(__builtin_return_address(0));
  return __libc_memalign(alignment, bytes);
}

int posix_memalign(void **out, size_t alignment, size_t bytes) {
  count(__builtin_return_address(0));
  *out = __libc_memalign(alignment, bytes);
  return *out ? 0 : 12;
}
