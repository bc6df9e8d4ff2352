// libavcodec as Swift sees it: macros wrapped as inline functions, nothing else.
#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavutil/channel_layout.h>
#include <libavutil/frame.h>

static inline int hawker_av_needs_more(int result) { return result == AVERROR(EAGAIN); }
