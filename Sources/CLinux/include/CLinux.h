// The Linux calls that Swift's Glibc module lacks (epoll, eventfd, timerfd, recvmmsg, sendmmsg, accept4). No logic.
#ifndef CLINUX_H
#define CLINUX_H
#endif
