// OpenSSL as Swift sees it: function-like macros wrapped as inline functions, nothing else.
// The SHA_CTX functions are deprecated in OpenSSL 3 but are the only ones that never allocate.
#define OPENSSL_SUPPRESS_DEPRECATED
// Each wrapper is named `shim_` plus the name of the macro it stands for.
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/srtp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <sys/time.h>

static inline long shim_BIO_pending(BIO *bio) { return (long)BIO_pending(bio); }
static inline int shim_BIO_reset(BIO *bio) { return (int)BIO_reset(bio); }
static inline long shim_BIO_set_mem_eof_return(BIO *bio, int value) {
  return BIO_set_mem_eof_return(bio, value);
}

static inline EVP_PKEY *shim_EVP_EC_gen(const char *curve) { return EVP_EC_gen(curve); }

static inline int shim_SSL_CTX_set_min_proto_version(SSL_CTX *context, int version) {
  return (int)SSL_CTX_set_min_proto_version(context, version);
}
static inline int shim_SSL_CTX_set_max_proto_version(SSL_CTX *context, int version) {
  return (int)SSL_CTX_set_max_proto_version(context, version);
}
static inline long shim_SSL_CTX_set_session_cache_mode(SSL_CTX *context, long mode) {
  return SSL_CTX_set_session_cache_mode(context, mode);
}
static inline long shim_SSL_CTX_set_max_cert_list(SSL_CTX *context, long bytes) {
  return SSL_CTX_set_max_cert_list(context, bytes);
}
static inline int shim_SSL_CTX_set1_groups_list(SSL_CTX *context, const char *list) {
  return (int)SSL_CTX_set1_groups_list(context, (char *)list);
}
static inline long shim_SSL_CTX_set_mode(SSL_CTX *context, long mode) {
  return SSL_CTX_set_mode(context, mode);
}
static inline long shim_SSL_set_tlsext_host_name(SSL *ssl, const char *name) {
  return SSL_set_tlsext_host_name(ssl, name);
}
static inline long shim_SSL_set_mtu(SSL *ssl, long bytes) { return SSL_set_mtu(ssl, bytes); }
static inline long shim_DTLS_set_link_mtu(SSL *ssl, long bytes) {
  return DTLS_set_link_mtu(ssl, bytes);
}
static inline long shim_SSL_get_extms_support(SSL *ssl) { return SSL_get_extms_support(ssl); }
static inline long shim_DTLSv1_handle_timeout(SSL *ssl) { return DTLSv1_handle_timeout(ssl); }
static inline int shim_DTLSv1_get_timeout(SSL *ssl, struct timeval *left) {
  return (int)DTLSv1_get_timeout(ssl, left);
}

// The SSL_OP_ macros expand to casts, which Swift does not import.
static inline uint64_t shim_SSL_OP_NO_TICKET(void) { return SSL_OP_NO_TICKET; }
static inline uint64_t shim_SSL_OP_NO_QUERY_MTU(void) { return SSL_OP_NO_QUERY_MTU; }
static inline uint64_t shim_SSL_OP_NO_RENEGOTIATION(void) { return SSL_OP_NO_RENEGOTIATION; }
static inline uint64_t shim_SSL_OP_NO_COMPRESSION(void) { return SSL_OP_NO_COMPRESSION; }
static inline uint64_t shim_SSL_OP_CIPHER_SERVER_PREFERENCE(void) {
  return SSL_OP_CIPHER_SERVER_PREFERENCE;
}

// Deprecated in OpenSSL 3, but the only SHA-1 whose state is copied without an allocation, which
// the per-packet HMAC needs. The wrappers keep the deprecation from reaching Swift.
static inline int shim_SHA1_Init(SHA_CTX *context) { return SHA1_Init(context); }
static inline int shim_SHA1_Update(SHA_CTX *context, const void *bytes, size_t count) {
  return SHA1_Update(context, bytes, count);
}
static inline int shim_SHA1_Final(unsigned char *digest, SHA_CTX *context) {
  return SHA1_Final(digest, context);
}

// OpenSSL hands its handshake timer to the BIO as a struct timeval; Swift sees it as raw memory.
static inline int shim_timeval_is_set(const void *time) {
  const struct timeval *value = (const struct timeval *)time;
  return value->tv_sec != 0 || value->tv_usec != 0;
}
static inline void shim_timeval_set(void *time, long seconds) {
  struct timeval *value = (struct timeval *)time;
  value->tv_sec = seconds;
  value->tv_usec = 0;
}
