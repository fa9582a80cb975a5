package sim

import (
	"crypto/md5"
	"net/netip"
	"time"

	"github.com/parley-rtc/parley/internal/dgram"
	"github.com/parley-rtc/parley/internal/engine/stun"
	"github.com/parley-rtc/parley/internal/engine/turn"
	"github.com/parley-rtc/parley/internal/mono"
)

// TURNPort is where a [TURNServer] listens.
const TURNPort = 3478

const (
	realm          = "parley"
	relayPortFirst = 50000
	bufferLen      = dgram.Headroom + 2048
)

// TURNServer is the TURN engine on a host of the world, with the host's ports as
// its relays.
type TURNServer struct {
	Engine *turn.Engine
	host   *Host
	out    turn.Out
	ports  map[turn.RelayID]uint16
	live   map[netip.AddrPort]bool
	next   uint16
	timer  mono.Time
}

// NewTURNServer starts a server whose users all have their own name as password.
func NewTURNServer(h *Host, cfg turn.Config) *TURNServer {
	s := &TURNServer{host: h, ports: map[turn.RelayID]uint16{}, live: map[netip.AddrPort]bool{}, next: relayPortFirst}
	cfg.Auth, cfg.Directory, cfg.Realm = ownName{}, s, realm
	s.Engine = turn.New(cfg)
	h.Listen(TURNPort, func(from netip.AddrPort, data []byte) {
		in := s.input(dgram.Main, from, data)
		client := turn.Client{Transport: turn.UDP, Sock: dgram.Main, Remote: from, Local: netip.AddrPortFrom(h.Addr, TURNPort)}
		s.Engine.HandleClient(h.world.now, client, &in, &s.out)
		s.carryOut()
	})
	return s
}

func (s *TURNServer) input(sock dgram.Sock, from netip.AddrPort, data []byte) dgram.In {
	buf := make([]byte, bufferLen)
	n := copy(buf[dgram.Headroom:], data)
	return dgram.In{Sock: sock, Remote: from, Local: s.host.Addr, Buf: buf, Start: dgram.Headroom, End: dgram.Headroom + n}
}

// carryOut does what the engine asked for, until it asks for nothing more.
func (s *TURNServer) carryOut() {
	for i := 0; i < len(s.out.OpenRelays); i++ {
		s.openRelay(s.out.OpenRelays[i].ID)
	}
	for _, o := range s.out.Send {
		port := uint16(TURNPort)
		if o.Sock.Kind() == dgram.RelayKind {
			port = s.ports[turn.RelayID(o.Sock.Index())]
		}
		s.host.Send(port, o.Remote, o.Data)
	}
	for _, id := range s.out.CloseRelays {
		s.host.Close(s.ports[id])
		delete(s.live, netip.AddrPortFrom(s.host.Addr, s.ports[id]))
	}
	s.out.Reset()
	s.setTimer()
}

func (s *TURNServer) openRelay(id turn.RelayID) {
	port := s.next
	s.next++
	s.ports[id] = port
	sock := dgram.RelayKind | dgram.Sock(id)
	at := netip.AddrPortFrom(s.host.Addr, port)
	s.live[at] = true
	s.host.Listen(port, func(from netip.AddrPort, data []byte) {
		in := s.input(sock, from, data)
		s.Engine.HandlePeer(s.host.world.now, id, &in, &s.out)
		s.carryOut()
	})
	s.Engine.HandleRelayOpened(s.host.world.now, turn.RelayOpened{ID: id, OK: true, Sock: sock, Advertised: at}, &s.out)
}

func (s *TURNServer) setTimer() {
	at := s.Engine.NextDeadline()
	if at == mono.Never || at == s.timer {
		return
	}
	s.timer = at
	s.host.world.After(max(at.Sub(s.host.world.now), time.Nanosecond), func() {
		if s.timer == at {
			s.timer = mono.Never
		}
		s.Engine.Advance(s.host.world.now, &s.out)
		s.carryOut()
	})
}

// Bound implements turn.Directory.
func (s *TURNServer) Bound(a netip.AddrPort) (netip.AddrPort, bool) { return a, s.live[a] }

// Advertised implements turn.Directory.
func (s *TURNServer) Advertised(a netip.AddrPort) (netip.AddrPort, bool) { return a, s.live[a] }

// IsServerIP implements turn.Directory.
func (s *TURNServer) IsServerIP(ip netip.Addr) bool { return ip == s.host.Addr }

// ownName lets everybody in whose password is the user name.
type ownName struct{}

func (ownName) Offer() turn.Offer { return turn.Offer{} }

func (ownName) Find(_ mono.Time, q *turn.Query) turn.Answer {
	sum := longTermKey(string(q.Username), q.Realm)
	key, ok := stun.NewKey(sum[:])
	return turn.Answer{Found: ok, Key: key}
}

func longTermKey(name, realm string) [16]byte {
	return md5.Sum([]byte(name + ":" + realm + ":" + name))
}
