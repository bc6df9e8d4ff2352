// zlib as Swift sees it: macros wrapped as inline functions, nothing else.
#include <zlib.h>

// Sixteen more than the largest window asks for a gzip header instead of zlib's own.
static inline int shim_gzip_begin(z_stream *stream, int level) {
  return deflateInit2(stream, level, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
}

// A negative window asks for no header at all.
static inline int shim_raw_begin(z_stream *stream, int level) {
  return deflateInit2(stream, level, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
}
