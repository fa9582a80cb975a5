/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What the program uses of the kernel: helpers by their UAPI numbers, constants. */
#pragma once

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>

#define SEC(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))
#define HELPER(result, name, ...) static result (*const name)(__VA_ARGS__) = (void *)BPF_FUNC_##name

HELPER(void *, map_lookup_elem, void *map, const void *key);
HELPER(__u64, ktime_get_coarse_ns, void);
HELPER(long, skb_load_bytes, const void *skb, __u32 offset, void *to, __u32 len);
HELPER(long, skb_store_bytes, struct __sk_buff *skb, __u32 offset, const void *from, __u32 len, __u64 flags);
HELPER(long, l4_csum_replace, struct __sk_buff *skb, __u32 offset, __u64 from, __u64 to, __u64 flags);
HELPER(long, skb_change_proto, struct __sk_buff *skb, __be16 proto, __u64 flags);
HELPER(long, skb_change_tail, struct __sk_buff *skb, __u32 len, __u64 flags);
HELPER(long, skb_pull_data, struct __sk_buff *skb, __u32 len);
HELPER(__s64, csum_diff, __be32 *from, __u32 from_size, __be32 *to, __u32 to_size, __wsum seed);
HELPER(long, fib_lookup, void *ctx, struct bpf_fib_lookup *params, int size, __u32 flags);
HELPER(long, redirect_neigh, __u32 ifindex, struct bpf_redir_neigh *next, int size, __u64 flags);

/* The machine's byte order is little endian: others are not built. */
#define be16(x) ((__be16)__builtin_bswap16((__u16)(x)))
#define host16(x) ((__u16)be16(x))

/* TCX: on to the next program, in the end to the kernel's own stack. */
#define NEXT (-1)
#define DROP 2

/* Address families by their kernel numbers; sys/socket.h is of user space. */
#define INET 2
#define INET6 10
