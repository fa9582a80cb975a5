package node

import (
	"net"
	"net/netip"
	"strconv"
	"testing"
)

// echoPair is a peer at two ports, of which it returns the lower one.
func echoPair(t *testing.T) netip.AddrPort {
	t.Helper()
	for range 100 {
		first := echo(t, "127.0.0.1")
		c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(first.Addr(), first.Port()+1)))
		if err != nil {
			continue
		}
		serveEcho(t, c)
		return first
	}
	t.Fatal("no two ports in a row")
	return netip.AddrPort{}
}

// coturn's client, with what it can do about allocations: pairs of ports (an RTP and
// an RTCP session each), both families at once, datagrams in one piece, and moving
// to another port while it relays.
func TestCoturnUclientAllocates(t *testing.T) {
	uclient := needProgram(t, "turnutils_uclient", "Debian package coturn")
	v4, v6 := netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()
	for _, c := range []struct {
		name  string
		flags []string
		least uint64 // allocations
	}{
		{"pairs of ports", nil, 2},
		{"pairs of ports over TCP", []string{"-t"}, 2},
		{"both families", []string{"-Z", "-M"}, 2}, // without -M it deletes one of them, at random
		{"both families by indications", []string{"-Z", "-M", "-s"}, 2},
		{"in one piece", []string{"-c", "-g", "-s"}, 2},
		{"mobility", []string{"-c", "-M"}, 2},
		{"mobility by indications", []string{"-c", "-M", "-s"}, 2},
		{"mobility over TCP", []string{"-c", "-M", "-t"}, 2},
		{"mobility over TLS", []string{"-c", "-M", "-t", "-S"}, 2},
		{"mobility between clients", []string{"-c", "-M", "-y"}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := startTestServer(t, mediaConfig{
				UDP: []string{"127.0.0.1:0"}, Policy: allowLoopback(), Mobility: true, RelayPairs: []relayPair{{v4, v4}, {v6, v6}},
			})
			args := append([]string{"-m", "2", "-n", "60", "-z", "5", "-u", testUser, "-w", testPassword}, c.flags...)
			port, toClient := s.UDPAddr().Port(), false
			for _, f := range c.flags {
				switch f {
				case "-t":
					port = s.tcp.Port()
				case "-S":
					port = s.tls.Port()
				case "-y":
					toClient = true
				}
			}
			if !toClient {
				args = append(args, "-e", "127.0.0.1", "-r", strconv.Itoa(int(echoPair(t).Port())))
			}
			args = append(args, "-p", strconv.Itoa(int(port)), "127.0.0.1")
			expectNoLoss(t, runProgram(t, uclient, args...), 120)
			if got := s.Counters().TURN.AllocationsOpened; got < c.least {
				t.Errorf("%d allocations, want at least %d", got, c.least)
			}
		})
	}
}

// coturn's client, with a relay of the other family (RFC 6156).
func TestCoturnUclientCrossesFamilies(t *testing.T) {
	uclient := needProgram(t, "turnutils_uclient", "Debian package coturn")
	v4, v6 := netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()
	for _, c := range []struct{ flag, server, peer string }{
		{"-x", "127.0.0.1", "::1"}, {"-X", "::1", "127.0.0.1"}, {"-x", "::1", "::1"},
	} {
		for _, how := range []string{"-n", "-s"} { // channels, and indications
			t.Run(c.server+" by "+c.peer+how, func(t *testing.T) {
				t.Parallel()
				l, err := net.ListenPacket("udp", "[::1]:0")
				if err != nil {
					t.Skip(err)
				}
				_ = l.Close()
				s := startTestServer(t, mediaConfig{
					UDP: []string{net.JoinHostPort(c.server, "0")}, Policy: allowLoopback(), RelayPairs: []relayPair{{v4, v4}, {v6, v6}},
				})
				args := []string{"-c", "-m", "2", "-z", "5", "-u", testUser, "-w", testPassword, c.flag}
				if how == "-s" {
					args = append(args, "-s")
				}
				args = append(args, "-n", "60", "-e", c.peer, "-r", strconv.Itoa(int(echo(t, c.peer).Port())),
					"-p", strconv.Itoa(int(s.UDPAddr().Port())), c.server)
				expectNoLoss(t, runProgram(t, uclient, args...), 120)
			})
		}
	}
}
