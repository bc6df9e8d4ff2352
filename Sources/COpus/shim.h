// libopus as Swift sees it: variadic calls wrapped as inline functions, nothing else.
#include <opus/opus.h>

static inline int hawker_opus_encoder_set(OpusEncoder *encoder, int request, opus_int32 value) {
  return opus_encoder_ctl(encoder, request, value);
}
