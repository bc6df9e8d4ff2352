// The message headers and control data of recvmmsg and sendmmsg, allocated once per batch.
#define _GNU_SOURCE
#include "CLinux.h"

#include "Address.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define PACKET_INFO_SPACE CMSG_SPACE(sizeof(struct in6_pktinfo))

typedef union receive_control {
  struct cmsghdr aligned;
  char bytes[PACKET_INFO_SPACE + CMSG_SPACE(sizeof(struct timespec))];
} receive_control;

struct clinux_receive_batch {
  uint32_t slots, slot_bytes;
  struct mmsghdr *headers;
  struct iovec *vectors;
  struct sockaddr_storage *remotes;
  receive_control *controls;
  uint8_t *bytes;
};

clinux_receive_batch *clinux_receive_batch_create(uint32_t slots, uint32_t slot_bytes) {
  clinux_receive_batch *batch = calloc(1, sizeof *batch);
  if (!batch) return NULL;
  batch->slots = slots;
  batch->slot_bytes = slot_bytes;
  batch->headers = calloc(slots, sizeof *batch->headers);
  batch->vectors = calloc(slots, sizeof *batch->vectors);
  batch->remotes = calloc(slots, sizeof *batch->remotes);
  batch->controls = calloc(slots, sizeof *batch->controls);
  batch->bytes = calloc(slots, slot_bytes);
  if (!batch->headers || !batch->vectors || !batch->remotes || !batch->controls || !batch->bytes) {
    clinux_receive_batch_destroy(batch);
    return NULL;
  }
  for (uint32_t i = 0; i < slots; i++) {
    batch->vectors[i].iov_base = batch->bytes + (size_t)i * slot_bytes;
    batch->vectors[i].iov_len = slot_bytes;
    struct msghdr *header = &batch->headers[i].msg_hdr;
    header->msg_name = &batch->remotes[i];
    header->msg_iov = &batch->vectors[i];
    header->msg_iovlen = 1;
    header->msg_control = &batch->controls[i];
    header->msg_namelen = sizeof batch->remotes[i];
    header->msg_controllen = sizeof batch->controls[i];
  }
  return batch;
}

void clinux_receive_batch_destroy(clinux_receive_batch *batch) {
  free(batch->headers);
  free(batch->vectors);
  free(batch->remotes);
  free(batch->controls);
  free(batch->bytes);
  free(batch);
}

int clinux_receive_batch_receive(clinux_receive_batch *batch, int descriptor) {
  for (uint32_t i = 0; i < batch->slots; i++) {
    batch->headers[i].msg_hdr.msg_namelen = sizeof batch->remotes[i];
    batch->headers[i].msg_hdr.msg_controllen = sizeof batch->controls[i];
  }
  int count = recvmmsg(descriptor, batch->headers, batch->slots, MSG_DONTWAIT, NULL);
  return count < 0 ? -errno : count;
}

uint8_t *clinux_receive_batch_slot(clinux_receive_batch *batch, uint32_t index) {
  return batch->bytes + (size_t)index * batch->slot_bytes;
}

void clinux_receive_batch_describe(
    clinux_receive_batch *batch, uint32_t index, clinux_datagram *out) {
  struct msghdr *header = &batch->headers[index].msg_hdr;
  memset(out, 0, sizeof *out);
  out->length = batch->headers[index].msg_len;
  out->is_truncated = (header->msg_flags & MSG_TRUNC) != 0;
  clinux_load_address(&batch->remotes[index], &out->remote);
  out->local.is_ipv4 = out->remote.is_ipv4;
  for (struct cmsghdr *item = CMSG_FIRSTHDR(header); item; item = CMSG_NXTHDR(header, item)) {
    if (item->cmsg_level == IPPROTO_IP && item->cmsg_type == IP_PKTINFO) {
      struct in_pktinfo info;
      memcpy(&info, CMSG_DATA(item), sizeof info);
      clinux_load_ipv4(info.ipi_addr, &out->local);
    } else if (item->cmsg_level == IPPROTO_IPV6 && item->cmsg_type == IPV6_PKTINFO) {
      struct in6_pktinfo info;
      memcpy(&info, CMSG_DATA(item), sizeof info);
      clinux_load_ipv6(&info.ipi6_addr, &out->local);
    } else if (item->cmsg_level == SOL_SOCKET && item->cmsg_type == SCM_TIMESTAMPNS) {
      struct timespec time;
      memcpy(&time, CMSG_DATA(item), sizeof time);
      out->arrival_nanoseconds = (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
    }
  }
}

typedef union send_control {
  struct cmsghdr aligned;
  char bytes[PACKET_INFO_SPACE + CMSG_SPACE(sizeof(uint16_t))];
} send_control;

struct clinux_send_batch {
  struct mmsghdr *headers;
  struct iovec *vectors;
  struct sockaddr_storage *remotes;
  send_control *controls;
};

clinux_send_batch *clinux_send_batch_create(uint32_t messages) {
  clinux_send_batch *batch = calloc(1, sizeof *batch);
  if (!batch) return NULL;
  batch->headers = calloc(messages, sizeof *batch->headers);
  batch->vectors = calloc(messages, sizeof *batch->vectors);
  batch->remotes = calloc(messages, sizeof *batch->remotes);
  batch->controls = calloc(messages, sizeof *batch->controls);
  if (!batch->headers || !batch->vectors || !batch->remotes || !batch->controls) {
    clinux_send_batch_destroy(batch);
    return NULL;
  }
  return batch;
}

void clinux_send_batch_destroy(clinux_send_batch *batch) {
  free(batch->headers);
  free(batch->vectors);
  free(batch->remotes);
  free(batch->controls);
  free(batch);
}

// Writes one control item at `at`; returns the bytes it takes, padding included.
static size_t put(char *at, int level, int type, const void *data, size_t count) {
  struct cmsghdr *item = (struct cmsghdr *)at;
  item->cmsg_level = level;
  item->cmsg_type = type;
  item->cmsg_len = CMSG_LEN(count);
  memcpy(CMSG_DATA(item), data, count);
  return CMSG_SPACE(count);
}

void clinux_send_batch_set(
    clinux_send_batch *batch, uint32_t index, const uint8_t *bytes, size_t count,
    const clinux_address *local, const clinux_address *remote, uint16_t gso_size) {
  batch->vectors[index].iov_base = (void *)bytes;
  batch->vectors[index].iov_len = count;
  char *control = batch->controls[index].bytes;
  size_t used = 0;
  int specified = local->high != 0 || local->low != 0;
  if (specified && local->is_ipv4) {
    struct in_pktinfo info = {.ipi_spec_dst.s_addr = htonl((uint32_t)local->low)};
    used += put(control, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
  } else if (specified) {
    struct in6_pktinfo info = {.ipi6_ifindex = 0};
    clinux_store_ipv6(local, &info.ipi6_addr);
    used += put(control, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
  }
  if (gso_size) {
    used += put(control + used, IPPROTO_UDP, UDP_SEGMENT, &gso_size, sizeof gso_size);
  }
  struct msghdr *header = &batch->headers[index].msg_hdr;
  header->msg_name = &batch->remotes[index];
  header->msg_namelen = clinux_store_address(remote, &batch->remotes[index]);
  header->msg_iov = &batch->vectors[index];
  header->msg_iovlen = 1;
  header->msg_control = used ? control : NULL;
  header->msg_controllen = used;
}

int clinux_send_batch_send(
    clinux_send_batch *batch, int descriptor, uint32_t first, uint32_t count) {
  int sent =
      sendmmsg(descriptor, batch->headers + first, count, MSG_DONTWAIT | MSG_NOSIGNAL);
  return sent < 0 ? -errno : sent;
}
