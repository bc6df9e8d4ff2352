// libavcodec and libswscale as Swift sees them: macros wrapped as inline functions, nothing else.
#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavutil/channel_layout.h>
#include <libavutil/frame.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>

static inline int hawker_av_needs_more(int result) { return result == AVERROR(EAGAIN); }
