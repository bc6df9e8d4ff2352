// libsrtp2 as Swift sees it.
#include <srtp2/srtp.h>
