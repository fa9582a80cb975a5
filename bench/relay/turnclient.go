//go:build linux

package main

import (
	"crypto/md5"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/parley-rtc/parley/internal/engine/stun"
)

const (
	firstChannel = 0x4000
	// patience is how long a reply may take before the request is sent again, as
	// often as triesMax says.
	patience = 300 * time.Millisecond
	triesMax = 12
)

// openUDP opens a UDP socket in a namespace.
func openUDP(in *space, addr netip.AddrPort) (fd int, bound netip.AddrPort, err error) {
	err = in.do(func() (err error) {
		fd, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		return os.NewSyscallError("socket", err)
	})
	if err != nil {
		return -1, bound, err
	}
	if err = unix.Bind(fd, &unix.SockaddrInet4{Addr: addr.Addr().As4(), Port: int(addr.Port())}); err != nil {
		return -1, bound, errors.Join(os.NewSyscallError("bind", err), unix.Close(fd))
	}
	name, err := unix.Getsockname(fd)
	in4, ok := name.(*unix.SockaddrInet4)
	if err != nil || !ok {
		return -1, bound, errors.Join(os.NewSyscallError("getsockname", err), unix.Close(fd))
	}
	return fd, netip.AddrPortFrom(addr.Addr(), uint16(in4.Port)), nil
}

func connectUDP(fd int, to netip.AddrPort) error {
	return os.NewSyscallError("connect", unix.Connect(fd, &unix.SockaddrInet4{Addr: to.Addr().As4(), Port: int(to.Port())}))
}

// turnClient makes one allocation, over a socket that is connected to the server.
type turnClient struct {
	fd     int
	user   string
	key    []byte
	nonce  []byte
	realm  []byte
	hasher *stun.Hasher
	buf    [1500]byte
}

func newTurnClient(fd int, user string) (*turnClient, error) {
	wait := unix.NsecToTimeval(patience.Nanoseconds())
	err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wait)
	return &turnClient{fd: fd, user: user, hasher: stun.NewHasher()}, os.NewSyscallError("SO_RCVTIMEO", err)
}

// binding asks for the address seen by the server: an answer means that it runs.
func (c *turnClient) binding() error {
	_, err := c.transact(stun.Binding, func(*stun.Builder) {})
	return err
}

// allocate returns the relayed address.
func (c *turnClient) allocate() (relay netip.AddrPort, err error) {
	reply, err := c.transact(stun.Allocate, func(b *stun.Builder) { b.Uint32(stun.AttrRequestedTransport, 17<<24) })
	if err != nil {
		return relay, err
	}
	value, _ := reply.Find(stun.AttrXORRelayedAddress)
	relay, ok := stun.XORAddress(value, reply.TransactionID())
	if !ok {
		return relay, errors.New("no relayed address")
	}
	return relay, nil
}

func (c *turnClient) bindChannel(channel uint16, peer netip.AddrPort) error {
	_, err := c.transact(stun.ChannelBind, func(b *stun.Builder) {
		b.Uint32(stun.AttrChannelNumber, uint32(channel)<<16)
		b.XORAddress(stun.AttrXORPeerAddress, peer)
	})
	return err
}

// transact sends a request until it succeeds, with the credentials that the server
// asks for.
func (c *turnClient) transact(method stun.Method, fill func(*stun.Builder)) (stun.Message, error) {
	for range 3 { // without credentials, with them, with a new nonce
		reply, err := c.exchange(method, fill)
		if err != nil || reply.Type().Class() == stun.Success {
			return reply, err
		}
		value, _ := reply.Find(stun.AttrErrorCode)
		code, reason, _ := stun.ErrorCode(value)
		nonce, hasNonce := reply.Find(stun.AttrNonce)
		if (code != 401 && code != 438) || !hasNonce {
			return reply, fmt.Errorf("%v: %d %s", method, code, reason)
		}
		c.nonce = append(c.nonce[:0], nonce...)
		if name, ok := reply.Find(stun.AttrRealm); ok && c.key == nil {
			c.realm = append(c.realm[:0], name...)
			sum := md5.Sum(fmt.Appendf(nil, "%s:%s:%s", c.user, name, passwordOf(c.user)))
			c.key = sum[:]
		}
	}
	return stun.Message{}, fmt.Errorf("%v: the credentials are not taken", method)
}

// exchange sends one request and waits for its reply.
func (c *turnClient) exchange(method stun.Method, fill func(*stun.Builder)) (stun.Message, error) {
	var id stun.TransactionID
	_, _ = rand.Read(id[:]) // never fails
	b := stun.Begin(nil, stun.TypeOf(method, stun.Request), id)
	fill(&b)
	if c.key != nil {
		b.Text(stun.AttrUsername, c.user)
		b.Bytes(stun.AttrRealm, c.realm)
		b.Bytes(stun.AttrNonce, c.nonce)
		b.Integrity(c.hasher, c.key)
	}
	request := b.Finish()
	for range triesMax {
		// A send fails while nobody listens yet: the wait is for that, too.
		_, sendErr := unix.Write(c.fd, request)
		n, err := unix.Read(c.fd, c.buf[:])
		if sendErr != nil || err != nil {
			if errors.Is(err, unix.ECONNREFUSED) || errors.Is(sendErr, unix.ECONNREFUSED) {
				time.Sleep(patience / 10)
			}
			continue
		}
		if reply, ok := stun.Parse(c.buf[:n]); ok && reply.TransactionID() == id {
			return reply, nil
		}
	}
	return stun.Message{}, fmt.Errorf("%v: no answer", method)
}

// appendChannelData appends the header of ChannelData with a payload of n bytes.
func appendChannelData(buf []byte, channel uint16, n int) []byte {
	buf = binary.BigEndian.AppendUint16(buf, channel)
	return binary.BigEndian.AppendUint16(buf, uint16(n))
}
