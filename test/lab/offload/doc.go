// Package offload holds the kernel path of TURN against user space: the same
// packets through a server with it and one without, in network namespaces of the
// real kernel, must arrive alike.
//
// It needs Linux, root, nftables and iproute2. Where something is missing it says
// so and skips; with CI=true that fails.
package offload
