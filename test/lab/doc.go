// Package lab holds what only real kernels, real NATs and real browsers can
// prove. It runs the real binary in one network namespace and Chromium and
// Firefox in others, behind a NAT box of each kind, and looks at the calls from
// inside the pages, by the browsers' own statistics.
//
// It needs Linux, root, nftables, iproute2, both browsers, node and certutil.
// Where something is missing it says so and skips; with CI=true that fails.
package lab
