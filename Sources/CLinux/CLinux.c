// Descriptors, sockets, readiness, signals, time: one kernel call per function.
#define _GNU_SOURCE
#include "CLinux.h"

#include "Address.h"

#include <sys/timex.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int result(int value) { return value < 0 ? -errno : value; }

int clinux_close(int descriptor) { return result(close(descriptor)); }

int clinux_event_descriptor(void) { return result(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)); }

int clinux_event_signal(int descriptor) {
  uint64_t one = 1;
  return write(descriptor, &one, sizeof one) < 0 ? -errno : 0;
}

int clinux_socket(int is_ipv4, int is_stream) {
  int type = (is_stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
  return result(socket(is_ipv4 ? AF_INET : AF_INET6, type, 0));
}

int clinux_set_option(int descriptor, clinux_option option, int value) {
  static const struct {
    int level, name;
  } options[] = {
      [CLINUX_REUSE_ADDRESS] = {SOL_SOCKET, SO_REUSEADDR},
      [CLINUX_REUSE_PORT] = {SOL_SOCKET, SO_REUSEPORT},
      [CLINUX_RECEIVE_BUFFER] = {SOL_SOCKET, SO_RCVBUF},
      [CLINUX_SEND_BUFFER] = {SOL_SOCKET, SO_SNDBUF},
      [CLINUX_IPV6_ONLY] = {IPPROTO_IPV6, IPV6_V6ONLY},
      [CLINUX_IPV4_PACKET_INFO] = {IPPROTO_IP, IP_PKTINFO},
      [CLINUX_IPV6_PACKET_INFO] = {IPPROTO_IPV6, IPV6_RECVPKTINFO},
      [CLINUX_IPV4_MTU_DISCOVER_OMIT] = {IPPROTO_IP, IP_MTU_DISCOVER},
      [CLINUX_IPV6_MTU_DISCOVER_OMIT] = {IPPROTO_IPV6, IPV6_MTU_DISCOVER},
      [CLINUX_TCP_NO_DELAY] = {IPPROTO_TCP, TCP_NODELAY},
      [CLINUX_TCP_UNSENT_LOW_WATER] = {IPPROTO_TCP, TCP_NOTSENT_LOWAT},
      [CLINUX_NO_CHECKSUM] = {SOL_SOCKET, SO_NO_CHECK},
      [CLINUX_ARRIVAL_TIMES] = {SOL_SOCKET, SO_TIMESTAMPNS},
  };
  if (option == CLINUX_IPV4_MTU_DISCOVER_OMIT) value = IP_PMTUDISC_OMIT;
  if (option == CLINUX_IPV6_MTU_DISCOVER_OMIT) value = IPV6_PMTUDISC_OMIT;
  return result(setsockopt(
      descriptor, options[option].level, options[option].name, &value, sizeof value));
}

int clinux_bind(int descriptor, const clinux_address *address) {
  struct sockaddr_storage storage;
  socklen_t length = clinux_store_address(address, &storage);
  return result(bind(descriptor, (struct sockaddr *)&storage, length));
}

int clinux_listen(int descriptor, int backlog) { return result(listen(descriptor, backlog)); }

int clinux_connect(int descriptor, const clinux_address *address) {
  struct sockaddr_storage storage;
  socklen_t length = clinux_store_address(address, &storage);
  return result(connect(descriptor, (struct sockaddr *)&storage, length));
}

int clinux_local_address(int descriptor, clinux_address *address) {
  struct sockaddr_storage storage = {0};
  socklen_t length = sizeof storage;
  if (getsockname(descriptor, (struct sockaddr *)&storage, &length) < 0) return -errno;
  clinux_load_address(&storage, address);
  return 0;
}

int clinux_pending_error(int descriptor) {
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) < 0) return -errno;
  return -error;
}

int clinux_accept(int descriptor, clinux_address *remote, clinux_address *local) {
  struct sockaddr_storage storage = {0};
  socklen_t length = sizeof storage;
  int accepted =
      accept4(descriptor, (struct sockaddr *)&storage, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (accepted < 0) return -errno;
  clinux_load_address(&storage, remote);
  int failure = clinux_local_address(accepted, local);
  if (failure < 0) {
    close(accepted);
    return failure;
  }
  return accepted;
}

int clinux_shutdown_writing(int descriptor) { return result(shutdown(descriptor, SHUT_WR)); }

long clinux_receive(int descriptor, uint8_t *bytes, size_t count) {
  ssize_t received = recv(descriptor, bytes, count, MSG_DONTWAIT);
  return received < 0 ? -errno : received;
}

long clinux_send(int descriptor, const uint8_t *bytes, size_t count) {
  ssize_t sent = send(descriptor, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
  return sent < 0 ? -errno : sent;
}

int clinux_epoll_create(void) { return result(epoll_create1(EPOLL_CLOEXEC)); }

static int control(int epoll, int operation, int descriptor, uint32_t events, uint64_t token) {
  struct epoll_event event = {.data.u64 = token};
  if (events & CLINUX_READABLE) event.events |= EPOLLIN;
  if (events & CLINUX_WRITABLE) event.events |= EPOLLOUT;
  if (events & CLINUX_EDGE) event.events |= EPOLLET;
  return result(epoll_ctl(epoll, operation, descriptor, &event));
}

int clinux_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t token) {
  return control(epoll, EPOLL_CTL_ADD, descriptor, events, token);
}

int clinux_epoll_modify(int epoll, int descriptor, uint32_t events, uint64_t token) {
  return control(epoll, EPOLL_CTL_MOD, descriptor, events, token);
}

int clinux_epoll_remove(int epoll, int descriptor) {
  return control(epoll, EPOLL_CTL_DEL, descriptor, 0, 0);
}

int clinux_epoll_wait(int epoll, clinux_readiness *out, int64_t timeout_nanoseconds) {
  struct epoll_event events[CLINUX_READINESS_MAX];
  struct timespec timeout = {
      .tv_sec = timeout_nanoseconds / 1000000000, .tv_nsec = timeout_nanoseconds % 1000000000};
  int count = epoll_pwait2(
      epoll, events, CLINUX_READINESS_MAX, timeout_nanoseconds < 0 ? NULL : &timeout, NULL);
  if (count < 0 && errno == ENOSYS) {
    // Kernels before 5.11 and some sandboxes: whole milliseconds, rounded up, at most a minute.
    int64_t milliseconds = timeout_nanoseconds / 1000000 + (timeout_nanoseconds % 1000000 > 0);
    if (milliseconds > 60000) milliseconds = 60000;
    count = epoll_wait(
        epoll, events, CLINUX_READINESS_MAX, timeout_nanoseconds < 0 ? -1 : (int)milliseconds);
  }
  if (count < 0) return -errno;
  for (int i = 0; i < count; i++) {
    uint32_t seen = events[i].events;
    out[i].token = events[i].data.u64;
    out[i].events = (seen & EPOLLIN ? CLINUX_READABLE : 0) |
                    (seen & EPOLLOUT ? CLINUX_WRITABLE : 0) |
                    (seen & (EPOLLHUP | EPOLLERR) ? CLINUX_HANGUP : 0);
  }
  return count;
}

int clinux_ignore_broken_pipe(void) { return signal(SIGPIPE, SIG_IGN) == SIG_ERR ? -errno : 0; }

int clinux_signal_descriptor(const int *signals, int count) {
  sigset_t set;
  sigemptyset(&set);
  for (int i = 0; i < count; i++) sigaddset(&set, signals[i]);
  int error = pthread_sigmask(SIG_BLOCK, &set, NULL);
  if (error != 0) return -error;
  return result(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
}

int clinux_signal_next(int descriptor) {
  struct signalfd_siginfo info;
  ssize_t got = read(descriptor, &info, sizeof info);
  return got < 0 ? -errno : (int)info.ssi_signo;
}

void clinux_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

static int64_t clock_nanoseconds(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int64_t clinux_monotonic_nanoseconds(void) { return clock_nanoseconds(CLOCK_MONOTONIC); }

int64_t clinux_boot_nanoseconds(void) { return clock_nanoseconds(CLOCK_BOOTTIME); }

int clinux_clock_is_synchronised(void) {
  struct timex state = {0};
  return adjtimex(&state) != TIME_ERROR;
}

int64_t clinux_wall_nanoseconds(void) { return clock_nanoseconds(CLOCK_REALTIME); }

const char *clinux_error_text(int error) {
  const char *text = strerrordesc_np(error);
  return text ? text : "unknown error";
}
