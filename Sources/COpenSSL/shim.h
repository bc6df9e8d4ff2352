// OpenSSL as Swift sees it: function-like macros wrapped as inline functions, nothing else.
// The SHA_CTX functions are deprecated in OpenSSL 3 but are the only ones that never allocate.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
