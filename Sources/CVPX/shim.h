// libvpx as Swift sees it: encoder, decoder and the VP8 interfaces.
#include <vpx/vp8cx.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>
#include <vpx/vpx_encoder.h>
