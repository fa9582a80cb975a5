// Package shaper is a cable between two namespaces with the weaknesses of a real
// one: delay, jitter, loss, a rate and a queue that overflows. It stands in for
// the kernel's netem, which is not everywhere, and is two TUN devices with a
// seeded [Queue] for each direction between them.
//
// A packet's way through a queue:
//
//	lost? -> queue (drop tail) -> serialized at the rate -> delay and jitter -> out, in order
package shaper
