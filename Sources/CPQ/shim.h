// libpq as Swift sees it: no macro or variadic function of it is used, so there is nothing to wrap.
#include <libpq-fe.h>
