//go:build linux

package main

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// flow is one client and one peer, with a relay between them.
type flow struct {
	client, peer         int // sockets
	clientAddr, peerAddr netip.AddrPort
	relay                netip.AddrPort // where the client's data comes from; direct: the client
}

type flows []flow

// openFlows opens a pair of fresh sockets for each flow: a server remembers the
// addresses of its clients for some time.
func (b *bench) openFlows() (all flows, err error) {
	for range b.flows {
		f := flow{client: -1, peer: -1}
		if f.client, f.clientAddr, err = openUDP(b.world.client, netip.AddrPortFrom(clientIP, 0)); err == nil {
			f.peer, f.peerAddr, err = openUDP(b.world.peer, netip.AddrPortFrom(peerIP, 0))
		}
		all = append(all, f)
		if err != nil {
			all.close()
			return nil, err
		}
	}
	return all, nil
}

func (all flows) close() {
	for _, f := range all {
		for _, fd := range []int{f.client, f.peer} {
			if fd >= 0 {
				_ = unix.Close(fd)
			}
		}
	}
}

// connect gets each flow its relay and channel.
func (all flows) connect(c *contestant, s *server) error {
	switch {
	case c.command == nil:
		for i := range all {
			f := &all[i]
			f.relay = f.clientAddr
			if err := connectUDP(f.client, f.peerAddr); err != nil {
				return err
			}
		}
	case c.fixed:
		if err := all.give(s); err != nil {
			return err
		}
	default:
		for i := range all {
			if err := all[i].allocate(i); err != nil {
				return fmt.Errorf("allocation %d: %w", i, err)
			}
		}
	}
	for i := range all {
		if err := connectUDP(all[i].peer, all[i].relay); err != nil {
			return err
		}
	}
	return nil
}

// give tells the flows to a server that has them told.
func (all flows) give(s *server) error {
	for i := range all {
		if _, err := fmt.Fprintln(s.input, all[i].clientAddr.Port(), all[i].peerAddr.Port()); err != nil {
			return err
		}
	}
	for i := range all {
		var port uint16
		if _, err := fmt.Fscanln(s.output, &port); err != nil {
			return fmt.Errorf("the floor tells no port: %w: %s", err, &s.errors)
		}
		all[i].relay = netip.AddrPortFrom(relayIP, port)
		if err := connectUDP(all[i].client, serverUDP); err != nil {
			return err
		}
	}
	return nil
}

func (f *flow) allocate(number int) error {
	if err := connectUDP(f.client, serverUDP); err != nil {
		return err
	}
	c, err := newTurnClient(f.client, userOf(number))
	if err != nil {
		return err
	}
	if number == 0 {
		err = c.binding() // waits until the server runs
	}
	if err == nil {
		f.relay, err = c.allocate()
	}
	if err != nil {
		return err
	}
	return errors.Join(err, c.bindChannel(channelOf(number), f.peerAddr))
}

func channelOf(number int) uint16 { return firstChannel + uint16(number) }

// allocationsPerUser stays below what servers let one user have.
const allocationsPerUser = 50

// userOf is the name of who makes an allocation: it is good until a time.
func userOf(number int) string {
	return fmt.Sprintf("%d:user%d", begun.Add(24*time.Hour).Unix(), number/allocationsPerUser)
}

var begun = time.Now()
