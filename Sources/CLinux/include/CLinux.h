// Linux calls in a form Swift can use: plain integers and bytes, no system headers, no policy.
// Unless it says otherwise a function returns 0 or a count on success and -errno on failure.
#ifndef CLINUX_H
#define CLINUX_H

#include <stddef.h>
#include <stdint.h>

#define NN _Nonnull

// An IP address and port. Host byte order; an IPv4 address is the low 32 bits of `low`.
typedef struct clinux_address {
  uint64_t high;
  uint64_t low;
  uint16_t port;
  uint16_t is_ipv4;
} clinux_address;

// Socket options by purpose; each stands for one (level, name) pair of the socket's family.
typedef enum clinux_option {
  CLINUX_REUSE_ADDRESS,
  CLINUX_REUSE_PORT,
  CLINUX_RECEIVE_BUFFER,
  CLINUX_SEND_BUFFER,
  CLINUX_IPV6_ONLY,
  CLINUX_IPV4_PACKET_INFO,
  CLINUX_IPV6_PACKET_INFO,
  CLINUX_IPV4_MTU_DISCOVER_OMIT,
  CLINUX_IPV6_MTU_DISCOVER_OMIT,
  CLINUX_TCP_NO_DELAY,
  CLINUX_TCP_UNSENT_LOW_WATER,
  CLINUX_NO_CHECKSUM,
  CLINUX_ARRIVAL_TIMES,
} clinux_option;

// Descriptors. All are opened non-blocking and close-on-exec.
int clinux_close(int descriptor);
int clinux_event_descriptor(void);
int clinux_event_signal(int descriptor);
int clinux_socket(int is_ipv4, int is_stream);
int clinux_set_option(int descriptor, clinux_option option, int value);
int clinux_bind(int descriptor, const clinux_address *NN address);
int clinux_listen(int descriptor, int backlog);
int clinux_connect(int descriptor, const clinux_address *NN address);
int clinux_local_address(int descriptor, clinux_address *NN address);
// The socket's pending error as -errno, 0 when there is none.
int clinux_pending_error(int descriptor);
// Fills `remote` with the other end and `local` with our address of the new connection.
int clinux_accept(int descriptor, clinux_address *NN remote, clinux_address *NN local);
int clinux_shutdown_writing(int descriptor);
long clinux_receive(int descriptor, uint8_t *NN bytes, size_t count);
long clinux_send(int descriptor, const uint8_t *NN bytes, size_t count);

// Readiness.
#define CLINUX_READABLE 1u
#define CLINUX_WRITABLE 2u
#define CLINUX_HANGUP 4u
#define CLINUX_EDGE 8u
#define CLINUX_READINESS_MAX 256

typedef struct clinux_readiness {
  uint64_t token;
  uint32_t events;
} clinux_readiness;

int clinux_epoll_create(void);
int clinux_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t token);
int clinux_epoll_modify(int epoll, int descriptor, uint32_t events, uint64_t token);
int clinux_epoll_remove(int epoll, int descriptor);
// `out` takes CLINUX_READINESS_MAX entries; a negative timeout waits for ever.
int clinux_epoll_wait(int epoll, clinux_readiness *NN out, int64_t timeout_nanoseconds);

// Receiving datagrams: `slots` buffers of `slot_bytes` each, allocated once.
typedef struct clinux_receive_batch clinux_receive_batch;

typedef struct clinux_datagram {
  uint32_t length;
  uint32_t is_truncated;
  // By the wall clock, when the kernel took it; 0 without CLINUX_ARRIVAL_TIMES.
  int64_t arrival_nanoseconds;
  clinux_address local;
  clinux_address remote;
} clinux_datagram;

// NULL when memory is exhausted.
clinux_receive_batch *_Nullable clinux_receive_batch_create(uint32_t slots, uint32_t slot_bytes);
void clinux_receive_batch_destroy(clinux_receive_batch *NN batch);
int clinux_receive_batch_receive(clinux_receive_batch *NN batch, int descriptor);
uint8_t *NN clinux_receive_batch_slot(clinux_receive_batch *NN batch, uint32_t index);
void clinux_receive_batch_describe(
    clinux_receive_batch *NN batch, uint32_t index, clinux_datagram *NN out);

// Sending datagrams: `messages` headers, allocated once; the bytes stay the caller's.
typedef struct clinux_send_batch clinux_send_batch;

// NULL when memory is exhausted.
clinux_send_batch *_Nullable clinux_send_batch_create(uint32_t messages);
void clinux_send_batch_destroy(clinux_send_batch *NN batch);
// An unspecified `local` lets the kernel choose; `gso_size` 0 sends one datagram.
void clinux_send_batch_set(
    clinux_send_batch *NN batch, uint32_t index, const uint8_t *NN bytes, size_t count,
    const clinux_address *NN local, const clinux_address *NN remote, uint16_t gso_size);
int clinux_send_batch_send(
    clinux_send_batch *NN batch, int descriptor, uint32_t first, uint32_t count);

// Signals, threads, time.
int clinux_ignore_broken_pipe(void);
// Blocks the signals for the calling thread and the threads it starts from now on.
int clinux_signal_descriptor(const int *NN signals, int count);
// The next pending signal's number.
int clinux_signal_next(int descriptor);
void clinux_name_thread(const char *NN name);
int64_t clinux_monotonic_nanoseconds(void);
int64_t clinux_wall_nanoseconds(void);
// The monotonic clock with the time the machine slept.
int64_t clinux_boot_nanoseconds(void);
/* Whether the kernel believes that the wall clock is disciplined (adjtimex). */
int clinux_clock_is_synchronised(void);
// Static text, never freed.
const char *NN clinux_error_text(int error);

#undef NN
#endif
