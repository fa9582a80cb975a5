//go:build !linux || !(amd64 || arm64)

package offload

// Offload relays nothing on this system.
type Offload struct{}

// Open returns [ErrUnsupported].
func Open(Config) (*Offload, error) { return nil, ErrUnsupported }

// Bind refuses.
func (*Offload) Bind(Channel, Lease) (Slot, bool) { return 0, false }

// Extend does nothing.
func (*Offload) Extend(Slot, Lease) {}

// Unbind does nothing.
func (*Offload) Unbind(Slot) Traffic { return Traffic{} }

// Traffic returns nothing.
func (*Offload) Traffic(Slot) Traffic { return Traffic{} }

// Counters returns nothing.
func (*Offload) Counters() Counters { return Counters{} }

// Close does nothing.
func (*Offload) Close() {}
