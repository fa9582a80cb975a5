//go:build amd64 || arm64

package offload

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"github.com/parley-rtc/parley/internal/mono"
)

// Offload is the program in the kernel with its tables. Any goroutine may call its
// methods; none waits for the network or takes longer than some system calls.
type Offload struct {
	kernel     programObjects
	table      table
	interfaces *interfaces
}

// Open loads the program. It is attached to interfaces when channels are bound.
func Open(cfg Config) (*Offload, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	o := &Offload{}
	if err := o.load(cfg); err != nil {
		o.unload()
		return nil, explain(err)
	}
	o.interfaces = watchInterfaces(o.kernel.Relay, cfg.Log)
	return o, nil
}

func (o *Offload) load(cfg Config) error {
	spec, err := loadProgram()
	if err != nil {
		return err
	}
	if cfg.RelayPortMax != 0 {
		err = errors.Join(
			spec.Variables["relay_port_min"].Set(cfg.RelayPortMin), spec.Variables["relay_port_max"].Set(cfg.RelayPortMax))
	}
	if err == nil {
		err = spec.LoadAndAssign(&o.kernel, nil)
	}
	if err == nil {
		err = tryAttach(o.kernel.Relay)
	}
	if err != nil {
		return err
	}
	return o.table.init(&o.kernel.programMaps)
}

// tryAttach finds out whether the kernel knows TCX. On loopback, for a moment and
// without channels, the program does nothing.
func tryAttach(program *ebpf.Program) error {
	all, err := net.Interfaces()
	if err != nil {
		return fmt.Errorf("interfaces: %w", err)
	}
	for _, i := range all {
		if i.Flags&net.FlagLoopback != 0 {
			l, err := attach(program, i.Index)
			if err != nil {
				return err
			}
			return l.Close()
		}
	}
	return nil
}

func attach(program *ebpf.Program, ifindex int) (link.Link, error) {
	return link.AttachTCX(link.TCXOptions{Interface: ifindex, Program: program, Attach: ebpf.AttachTCXIngress})
}

// explain turns what the kernel says into a sentence that tells what to do.
func explain(err error) error {
	var refused *ebpf.VerifierError
	switch {
	case errors.As(err, &refused):
		return fmt.Errorf("%w (the kernel does not take the program): %w", ErrUnsupported, err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: %w", ErrRights, err)
	case errors.Is(err, ebpf.ErrNotSupported), errors.Is(err, unix.EINVAL):
		return fmt.Errorf("%w (TCX needs Linux 6.6 or later): %w", ErrUnsupported, err)
	}
	return err
}

// Close detaches the program and forgets all channels.
func (o *Offload) Close() {
	o.interfaces.close()
	o.unload()
}

func (o *Offload) unload() {
	o.table.close()
	_ = o.kernel.Close() // descriptors; what is not loaded is skipped
}

// Counters reads all counters.
func (o *Offload) Counters() Counters {
	c := o.table.counters()
	var each []uint64
	for r := range c.Passed {
		if o.kernel.Passed.Lookup(uint32(r), &each) == nil {
			for _, n := range each {
				c.Passed[r] += n
			}
		}
	}
	return c
}

// clockAhead is how far CLOCK_MONOTONIC, which the program counts by, is ahead of
// [mono.Now]. Read in this order, an error makes leases shorter, never longer.
func clockAhead() (int64, error) {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		return 0, os.NewSyscallError("clock_gettime", err)
	}
	return ts.Nano() - int64(mono.Now()), nil
}
