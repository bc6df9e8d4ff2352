// Counts allocations of a process it is preloaded into; `hawker bench path` reads the counts.
#include <stddef.h>
#include <stdint.h>

// glibc's own names for what is replaced here.
extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t bytes);
extern void *__libc_realloc(void *old, size_t bytes);
extern void *__libc_memalign(size_t alignment, size_t bytes);

// One thread runs the benchmark; the others are idle by then, so plain counters will do.
volatile uint64_t hawker_allocation_count;

void *malloc(size_t bytes) {
  hawker_allocation_count++;
  return __libc_malloc(bytes);
}

void *calloc(size_t elements, size_t bytes) {
  hawker_allocation_count++;
  return __libc_calloc(elements, bytes);
}

void *realloc(void *old, size_t bytes) {
  hawker_allocation_count++;
  return __libc_realloc(old, bytes);
}

void *memalign(size_t alignment, size_t bytes) {
  hawker_allocation_count++;
  return __libc_memalign(alignment, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes) {
  hawker_allocation_count++;
  return __libc_memalign(alignment, bytes);
}

int posix_memalign(void **out, size_t alignment, size_t bytes) {
  hawker_allocation_count++;
  *out = __libc_memalign(alignment, bytes);
  return *out ? 0 : 12;
}
