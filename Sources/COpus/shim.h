// libopus as Swift sees it.
#include <opus/opus.h>
