package node

import (
	"net/netip"

	"github.com/parley-rtc/parley/internal/dgram"
	"github.com/parley-rtc/parley/internal/engine/turn"
	"github.com/parley-rtc/parley/internal/mono"
)

// openRelay opens what the engine asks for and tells it.
func (s *shard) openRelay(now mono.Time, open turn.OpenRelay) {
	answer := turn.RelayOpened{ID: open.ID}
	if ip, ok := s.directory.bindAddress(now, open.Family, open.Near); ok {
		s.openRelayOn(ip, &open, &answer)
	}
	s.engine.HandleRelayOpened(now, answer, &s.out)
}

func (s *shard) openRelayOn(ip netip.Addr, open *turn.OpenRelay, answer *turn.RelayOpened) {
	if open.Pair {
		if socks, locals, err := s.poller.OpenRelayPair(ip); err == nil {
			answer.OK, answer.Sock, answer.Advertised = true, socks[0], s.addRelay(open.ID, socks[0], locals[0])
			answer.PairSock, answer.PairAdvertised = socks[1], s.addRelay(open.PairID, socks[1], locals[1])
		}
		return
	}
	if sock, local, err := s.poller.OpenRelay(ip, open.Even); err == nil {
		answer.OK, answer.Sock, answer.Advertised = true, sock, s.addRelay(open.ID, sock, local)
	}
}

// addRelay enters a relay into the tables and returns how it is advertised.
func (s *shard) addRelay(id turn.RelayID, sock dgram.Sock, local netip.AddrPort) netip.AddrPort {
	for int(id) >= len(s.relays) {
		s.relays = append(s.relays, boundRelay{})
	}
	for int(sock.Index()) >= len(s.relayID) {
		s.relayID = append(s.relayID, 0)
	}
	s.relays[id] = boundRelay{sock, local}
	s.relayID[sock.Index()] = id
	return s.directory.add(local)
}

// handlePeerErrors passes on what was heard of datagrams that relays sent.
func (s *shard) handlePeerErrors(now mono.Time) {
	errors := s.poller.PeerErrors()
	for i := range errors {
		s.engine.HandlePeerError(now, s.relayID[errors[i].Sock.Index()], &errors[i], &s.out)
	}
}
