//go:build amd64 || arm64

package offload

import (
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"

	"github.com/parley-rtc/parley/internal/mono"
)

const (
	// lookAgain is how long an address that was looked for is taken as dealt with.
	lookAgain = 10 * time.Second
	// wantedMax bounds the addresses that are remembered: those of the machine.
	wantedMax = 1024
	// attachedMax bounds the interfaces that the program is attached to.
	attachedMax = 64
)

// interfaces attaches the program to the interfaces that packets may come by: an
// address of the server may be on one and be routed to by all, or be on none of
// them (anycast). It has a goroutine of its own, because attaching may wait for
// others who change the network.
type interfaces struct {
	program *ebpf.Program
	log     *slog.Logger
	wake    chan struct{}
	stop    chan struct{}
	stopped chan struct{}

	mu     sync.Mutex
	wanted map[netip.Addr]mono.Time // when it was last looked for

	// By interface number; the goroutine's own.
	attached map[int]link.Link
	told     map[int]bool // that forwarding is off
}

func watchInterfaces(program *ebpf.Program, log *slog.Logger) *interfaces {
	i := &interfaces{
		program: program, log: log, wake: make(chan struct{}, 1), stop: make(chan struct{}), stopped: make(chan struct{}),
		wanted: make(map[netip.Addr]mono.Time), attached: make(map[int]link.Link), told: make(map[int]bool),
	}
	go i.run()
	return i
}

// want sees to it that packets for these addresses are looked at: interfaces come
// and go. It does not wait.
func (i *interfaces) want(addresses ...netip.Addr) {
	now, look := mono.Now(), false
	i.mu.Lock()
	for _, a := range addresses {
		last, known := i.wanted[a]
		if known && now.Sub(last) < lookAgain || !known && len(i.wanted) >= wantedMax {
			continue
		}
		i.wanted[a], look = now, true
	}
	i.mu.Unlock()
	if look {
		select {
		case i.wake <- struct{}{}:
		default: // it will look in any case
		}
	}
}

func (i *interfaces) close() {
	close(i.stop)
	<-i.stopped
}

func (i *interfaces) run() {
	defer close(i.stopped)
	for {
		select {
		case <-i.wake:
			i.look()
		case <-i.stop:
			for _, l := range i.attached {
				_ = l.Close() // a descriptor
			}
			return
		}
	}
}

// look attaches where something is wanted, and lets go of interfaces that are gone.
func (i *interfaces) look() {
	all, err := net.Interfaces()
	if err != nil {
		i.log.Warn("kernel path: interfaces unknown", "reason", err)
		return
	}
	there := make(map[int]bool, len(all))
	for n := range all {
		there[all[n].Index] = true
		if i.attached[all[n].Index] == nil && fits(&all[n]) {
			i.attach(&all[n])
		}
	}
	maps.DeleteFunc(i.told, func(index int, _ bool) bool { return !there[index] })
	for index, l := range i.attached {
		if !there[index] {
			_ = l.Close()
			delete(i.attached, index)
		}
	}
}

// fits says whether dev has an Ethernet header, which leaves out loopback and
// tunnels, and an address of its own, which leaves out the ports of bridges.
func fits(dev *net.Interface) bool {
	const ethernetAddress = 6
	if dev.Flags&net.FlagLoopback != 0 || dev.Flags&net.FlagPointToPoint != 0 || len(dev.HardwareAddr) != ethernetAddress {
		return false
	}
	addresses, err := dev.Addrs()
	if err != nil {
		return false // gone meanwhile
	}
	return slices.ContainsFunc(addresses, func(a net.Addr) bool {
		prefix, err := netip.ParsePrefix(a.String())
		return err == nil && prefix.Addr().IsGlobalUnicast()
	})
}

// attach lets the program look at what comes by dev, unless nothing of that could
// be sent on anyway.
func (i *interfaces) attach(dev *net.Interface) {
	ipv4, ipv6 := forwards("ipv4", dev.Name), forwards("ipv6", dev.Name)
	if !ipv4 && !ipv6 {
		if !i.told[dev.Index] {
			i.told[dev.Index] = true
			i.log.Info("kernel path: not attached while forwarding is off", "interface", dev.Name,
				"ipv4", "net.ipv4.conf."+dev.Name+".forwarding", "ipv6", "net.ipv6.conf."+dev.Name+".forwarding")
		}
		return
	}
	if len(i.attached) >= attachedMax {
		return
	}
	l, err := attach(i.program, dev.Index)
	if err != nil {
		i.log.Warn("kernel path: not attached", "interface", dev.Name, "reason", err)
		return
	}
	i.attached[dev.Index] = l
	i.log.Info("kernel path: attached", "interface", dev.Name, "ipv4", ipv4, "ipv6", ipv6)
}

// forwards says whether packets of a family are forwarded that come by an
// interface. A family that is off has no such setting.
func forwards(family, dev string) bool {
	value, err := os.ReadFile("/proc/sys/net/" + family + "/conf/" + dev + "/forwarding")
	return err == nil && strings.TrimSpace(string(value)) != "0"
}
