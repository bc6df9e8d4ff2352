// clinux_address to and from sockaddr, and the two halves of an IPv6 address.
#ifndef CLINUX_PRIVATE_ADDRESS_H
#define CLINUX_PRIVATE_ADDRESS_H

#include "CLinux.h"

#include <arpa/inet.h>
#include <endian.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static inline void clinux_store_ipv6(const clinux_address *address, struct in6_addr *out) {
  uint64_t halves[2] = {htobe64(address->high), htobe64(address->low)};
  memcpy(out, halves, sizeof halves);
}

static inline void clinux_load_ipv6(const struct in6_addr *from, clinux_address *address) {
  uint64_t halves[2];
  memcpy(halves, from, sizeof halves);
  address->high = be64toh(halves[0]);
  address->low = be64toh(halves[1]);
  address->is_ipv4 = 0;
}

static inline void clinux_load_ipv4(struct in_addr from, clinux_address *address) {
  address->high = 0;
  address->low = ntohl(from.s_addr);
  address->is_ipv4 = 1;
}

static inline socklen_t clinux_store_address(
    const clinux_address *address, struct sockaddr_storage *out) {
  if (address->is_ipv4) {
    struct sockaddr_in *in = (struct sockaddr_in *)out;
    memset(in, 0, sizeof *in);
    in->sin_family = AF_INET;
    in->sin_port = htons(address->port);
    in->sin_addr.s_addr = htonl((uint32_t)address->low);
    return sizeof *in;
  }
  struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
  memset(in6, 0, sizeof *in6);
  in6->sin6_family = AF_INET6;
  in6->sin6_port = htons(address->port);
  clinux_store_ipv6(address, &in6->sin6_addr);
  return sizeof *in6;
}

static inline void clinux_load_address(
    const struct sockaddr_storage *from, clinux_address *address) {
  memset(address, 0, sizeof *address);
  if (from->ss_family == AF_INET) {
    const struct sockaddr_in *in = (const struct sockaddr_in *)from;
    clinux_load_ipv4(in->sin_addr, address);
    address->port = ntohs(in->sin_port);
  } else if (from->ss_family == AF_INET6) {
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;
    clinux_load_ipv6(&in6->sin6_addr, address);
    address->port = ntohs(in6->sin6_port);
  }
}

#endif
