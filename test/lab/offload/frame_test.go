//go:build linux

package offload

import (
	"encoding/binary"
	"net"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/parley-rtc/parley/test/lab/netns"
)

// wire sends frames past the stack of a host: packets as no socket makes them.
type wire struct {
	t        *testing.T
	fd       int
	from, to net.HardwareAddr
}

func openWire(t *testing.T, host, to *netns.Namespace) *wire {
	t.Helper()
	w := &wire{t: t}
	hardware := func(of *netns.Namespace) (index int, address net.HardwareAddr) {
		err := of.Do(func() error {
			dev, err := net.InterfaceByName("eth0")
			if err == nil {
				index, address = dev.Index, dev.HardwareAddr
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return index, address
	}
	var index int
	index, w.from = hardware(host)
	_, w.to = hardware(to)
	err := host.Do(func() (err error) {
		if w.fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0); err == nil {
			err = unix.Bind(w.fd, &unix.SockaddrLinklayer{Ifindex: index})
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(w.fd) })
	return w
}

// oddity is what is unusual about a packet.
type oddity struct {
	ttl         byte // 0: 64
	noChecksum  bool
	badChecksum bool
	options     bool // IPv4 options, an IPv6 extension header
	trailer     int  // bytes after the IP packet
	tagged      bool // with a VLAN tag
	fragmented  bool // in two pieces, as far as the payload is long enough
	stranger    bool // to another link address
}

// send sends a UDP packet, all of its checksums made here.
func (w *wire) send(from, to netip.AddrPort, payload []byte, o oddity) {
	w.t.Helper()
	udp := make([]byte, 8, 8+len(payload))
	binary.BigEndian.PutUint16(udp, from.Port())
	binary.BigEndian.PutUint16(udp[2:], to.Port())
	binary.BigEndian.PutUint16(udp[4:], uint16(8+len(payload)))
	udp = append(udp, payload...)
	if !o.noChecksum {
		pseudo := append(from.Addr().AsSlice(), to.Addr().AsSlice()...)
		pseudo = append(pseudo, 0, protocolUDP, udp[4], udp[5])
		sum := ^fold(sum16(pseudo) + sum16(udp))
		if o.badChecksum {
			sum ^= 0x5555
		}
		if sum == 0 {
			sum = 0xffff
		}
		binary.BigEndian.PutUint16(udp[6:], sum)
	}
	if !o.fragmented {
		w.packet(from.Addr(), to.Addr(), udp, 0, false, o)
		return
	}
	cut := len(udp) / 2 &^ 7
	w.packet(from.Addr(), to.Addr(), udp[:cut], 0, true, o)
	w.packet(from.Addr(), to.Addr(), udp[cut:], cut, false, o)
}

func (w *wire) packet(from, to netip.Addr, body []byte, offset int, more bool, o oddity) {
	w.t.Helper()
	frame := append(append([]byte{}, w.to...), w.from...)
	if o.stranger {
		frame[5] ^= 0xff
	}
	if o.tagged {
		frame = append(frame, 0x81, 0x00, 0x00, 0x07)
	}
	if o.ttl == 0 {
		o.ttl = 64
	}
	if from.Is4() {
		frame = append(append(frame, 0x08, 0x00), header4(from, to, body, offset, more, o)...)
	} else {
		frame = append(append(frame, 0x86, 0xdd), header6(from, to, body, offset, more, o)...)
	}
	frame = append(append(frame, body...), make([]byte, o.trailer)...)
	if _, err := unix.Write(w.fd, frame); err != nil {
		w.t.Fatal(err)
	}
}

func header4(from, to netip.Addr, body []byte, offset int, more bool, o oddity) []byte {
	h := make([]byte, 20, 24)
	if o.options {
		h = append(h, 1, 1, 1, 0) // no operation, end of the list
	}
	h[0] = 0x40 | byte(len(h)/4)
	binary.BigEndian.PutUint16(h[2:], uint16(len(h)+len(body)))
	binary.BigEndian.PutUint16(h[4:], 0x1234)
	binary.BigEndian.PutUint16(h[6:], uint16(offset/8))
	if more {
		h[6] |= 0x20
	}
	h[8], h[9] = o.ttl, protocolUDP
	copy(h[12:], from.AsSlice())
	copy(h[16:], to.AsSlice())
	binary.BigEndian.PutUint16(h[10:], ^fold(sum16(h)))
	return h
}

func header6(from, to netip.Addr, body []byte, offset int, more bool, o oddity) []byte {
	const destinationOptions, fragment = 60, 44
	h := make([]byte, 40, 48)
	h[0], h[6], h[7] = 0x60, protocolUDP, o.ttl
	copy(h[8:], from.AsSlice())
	copy(h[24:], to.AsSlice())
	switch {
	case o.options:
		h[6] = destinationOptions
		h = append(h, protocolUDP, 0, 1, 4, 0, 0, 0, 0) // one option of padding
	case o.fragmented:
		h[6] = fragment
		place := uint16(offset)
		if more {
			place |= 1
		}
		h = binary.BigEndian.AppendUint16(append(h, protocolUDP, 0), place)
		h = append(h, 0, 0, 0x12, 0x34)
	}
	binary.BigEndian.PutUint16(h[4:], uint16(len(h)-40+len(body)))
	return h
}

func sum16(b []byte) (sum uint32) {
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	if len(b)%2 == 1 {
		sum += uint32(b[len(b)-1]) << 8
	}
	return sum
}

func fold(sum uint32) uint16 {
	for sum > 0xffff {
		sum = sum&0xffff + sum>>16
	}
	return uint16(sum)
}

// openCapture sees what comes to a host from now on, its checksums made.
func openCapture(t *testing.T, host *netns.Namespace) *capture {
	t.Helper()
	c := &capture{t: t}
	err := host.Do(func() error {
		dev, err := net.InterfaceByName("eth0")
		if err != nil {
			return err
		}
		all := binary.NativeEndian.Uint16([]byte{0, unix.ETH_P_ALL})
		if c.fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, int(all)); err != nil {
			return err
		}
		wait := unix.NsecToTimeval(int64(patience))
		if err := unix.SetsockoptTimeval(c.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wait); err != nil {
			return err
		}
		return unix.Bind(c.fd, &unix.SockaddrLinklayer{Ifindex: dev.Index, Protocol: all})
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(c.fd) })
	return c
}
