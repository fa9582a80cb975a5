package turn

import (
	"encoding/binary"
	"net/netip"
	"slices"

	"github.com/parley-rtc/parley/internal/mono"
)

// Policy decides which peers may be reached through this server. The zero value
// lets only public unicast addresses be reached. Deny beats Allow, Allow beats
// the default. An IPv6 address that leads to an IPv4 address (mapped,
// compatible, 6to4, NAT64, Teredo, ISATAP) must be permitted as both.
type Policy struct {
	Allow, Deny []netip.Prefix

	// Own are addresses of the machine itself. They are refused like private
	// ones, unless Allow names them: services that listen on them may trust what
	// comes from within. Relays of this server are reached by the [Directory].
	Own []netip.Addr
}

// Rules is a [Policy] made ready to be looked up in: for each family, the address
// space cut into ranges in order. It never changes, so that engines can share it.
type Rules struct{ v4, v6 table }

// verdict is what a range of addresses gets.
type verdict uint8

const (
	refused   verdict = iota
	permitted         // by the default
	allowed           // by Allow
)

// Rules makes p ready to be used.
func (p Policy) Rules() *Rules {
	r := &Rules{v4: table{{}}, v6: table{{}}}
	for _, layer := range defaultLayers {
		r.paint(layer.prefixes, layer.verdict)
	}
	own := make([]netip.Prefix, 0, len(p.Own))
	for _, ip := range p.Own {
		ip = ip.Unmap().WithZone("")
		own = append(own, netip.PrefixFrom(ip, ip.BitLen()))
	}
	r.paint(own, refused)
	r.paint(p.Allow, allowed)
	r.paint(p.Deny, refused)
	return r
}

// Permits says whether ip may be a peer.
func (p Policy) Permits(ip netip.Addr) bool { return p.Rules().Permits(ip) }

// Permits says whether ip may be a peer.
func (r *Rules) Permits(ip netip.Addr) bool { return r.judge(ip) != refused }

// judge says what ip gets, in every form that it stands for.
func (r *Rules) judge(ip netip.Addr) verdict {
	ip = ip.Unmap()
	if !ip.IsValid() {
		return refused
	}
	if ip.Is4() {
		return r.v4.at(keyOf4(ip))
	}
	v := r.v6.at(keyOf6(ip))
	if v == refused {
		return refused
	}
	inner, count := embeddedIPv4(ip)
	for _, v4 := range inner[:count] {
		if r.v4.at(key{low: uint64(v4)}) == refused {
			return refused
		}
	}
	return v
}

// HandlePolicy puts new rules into force. Permissions and channels to peers that
// they refuse end at once, as if they had never been.
func (e *Engine) HandlePolicy(now mono.Time, rules *Rules, out *Out) {
	e.rules = rules
	for _, slot := range e.relays {
		a := slot.alloc
		if a == nil {
			continue
		}
		a.permissions = slices.DeleteFunc(a.permissions, func(p permission) bool { return e.checkPeer(a, p.ip) != 0 })
		a.channels = slices.DeleteFunc(a.channels, func(c channel) bool { return e.checkPeer(a, c.peer.Addr()) != 0 })
		e.refuseConnections(a, out)
	}
	e.grantAgain(now, out)
}

// layer is what is painted over the layers before it.
type layer struct {
	prefixes []netip.Prefix
	verdict  verdict
}

func prefixes(list ...string) (p []netip.Prefix) {
	for _, s := range list {
		p = append(p, netip.MustParsePrefix(s))
	}
	return p
}

// The default: the IANA Special-Purpose Address Registries, as far as they are
// not globally reachable, and what else no call leads to.
// https://www.iana.org/assignments/iana-ipv4-special-registry
// https://www.iana.org/assignments/iana-ipv6-special-registry
var defaultLayers = []layer{
	// All of IPv4. Of IPv6 only 2000::/3 is global unicast (RFC 4291, section 2.4;
	// IANA has given out nothing else), and 64:ff9b::/96 leads to IPv4 (RFC 6052).
	{prefixes("0.0.0.0/0", "2000::/3", "64:ff9b::/96"), permitted},
	{prefixes(
		"0.0.0.0/8",        // this network, RFC 791
		"10.0.0.0/8",       // private use, RFC 1918
		"100.64.0.0/10",    // shared address space (CGNAT), RFC 6598
		"127.0.0.0/8",      // loopback, RFC 1122
		"168.63.129.16/32", // what Azure gives its machines their configuration from
		"169.254.0.0/16",   // link local, RFC 3927
		"172.16.0.0/12",    // private use, RFC 1918
		"192.0.0.0/24",     // IETF protocol assignments, RFC 6890
		"192.0.2.0/24",     // TEST-NET-1, RFC 5737
		"192.88.99.0/24",   // 6to4 relay anycast, RFC 7526
		"192.168.0.0/16",   // private use, RFC 1918
		"198.18.0.0/15",    // benchmarking, RFC 2544
		"198.51.100.0/24",  // TEST-NET-2, RFC 5737
		"203.0.113.0/24",   // TEST-NET-3, RFC 5737
		"224.0.0.0/3",      // multicast, reserved, limited broadcast
		"2001::/23",        // IETF protocol assignments, RFC 2928
		"2001:db8::/32",    // documentation, RFC 3849
		"3fff::/20",        // documentation, RFC 9637
	), refused},
	{[]netip.Prefix{teredo}, permitted}, // as far as the addresses within are
}

// key is an address as a number.
type key struct{ high, low uint64 }

func keyOf4(ip netip.Addr) key {
	v := ip.As4()
	return key{low: uint64(binary.BigEndian.Uint32(v[:]))}
}

func keyOf6(ip netip.Addr) key {
	v := ip.As16()
	return key{binary.BigEndian.Uint64(v[:8]), binary.BigEndian.Uint64(v[8:])}
}

func (k key) less(o key) bool { return k.high < o.high || k.high == o.high && k.low < o.low }

// next is the key after k; the zero key after the last.
func (k key) next() key {
	k.low++
	if k.low == 0 {
		k.high++
	}
	return k
}

// span is all keys from first to last.
type span struct{ first, last key }

func spanOf(p netip.Prefix) (s span, v4 bool) {
	ip, bits := p.Addr(), p.Bits()
	if ip.Is4In6() && bits >= 96 {
		ip, bits = ip.Unmap(), bits-96
	}
	if ip.Is4() {
		host := uint64(1)<<(32-bits) - 1
		k := keyOf4(ip)
		return span{key{low: k.low &^ host}, key{low: k.low | host}}, true
	}
	host := key{^uint64(0), ^uint64(0)}
	if bits < 64 {
		host.high >>= bits
	} else {
		host.high = 0
		host.low >>= bits - 64 // 0 for a whole address
	}
	k := keyOf6(ip)
	return span{key{k.high &^ host.high, k.low &^ host.low}, key{k.high | host.high, k.low | host.low}}, false
}

// table says from which key on which verdict holds. Its first mark is at 0.
type table []mark

type mark struct {
	from    key
	verdict verdict
}

// at finds the last mark that is not behind k.
func (t table) at(k key) verdict {
	low, high := 1, len(t)
	for low < high {
		if middle := (low + high) / 2; k.less(t[middle].from) {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return t[low-1].verdict
}

func (r *Rules) paint(list []netip.Prefix, v verdict) {
	var v4, v6 []span
	for _, p := range list {
		if s, is4 := spanOf(p); is4 {
			v4 = append(v4, s)
		} else {
			v6 = append(v6, s)
		}
	}
	r.v4, r.v6 = r.v4.painted(v4, v), r.v6.painted(v6, v)
}

// painted returns t with v for all keys in spans.
func (t table) painted(spans []span, v verdict) table {
	spans = merged(spans)
	out := make(table, 0, len(t)+2*len(spans))
	under := refused // what t says of the place that is reached
	for _, s := range spans {
		for len(t) > 0 && t[0].from.less(s.first) {
			under = t[0].verdict
			out, t = append(out, t[0]), t[1:]
		}
		for len(t) > 0 && !s.last.less(t[0].from) {
			under, t = t[0].verdict, t[1:]
		}
		out = append(out, mark{s.first, v})
		end := s.last.next()
		if end != (key{}) && (len(t) == 0 || t[0].from != end) {
			out = append(out, mark{end, under})
		}
	}
	return append(out, t...)
}

// merged sorts spans and joins those that overlap or touch.
func merged(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int {
		switch {
		case a.first.less(b.first):
			return -1
		case b.first.less(a.first):
			return 1
		}
		return 0
	})
	out := spans[:0]
	for _, s := range spans {
		n := len(out)
		if n == 0 || out[n-1].last.next() != (key{}) && out[n-1].last.next().less(s.first) {
			out = append(out, s)
		} else if out[n-1].last.less(s.last) {
			out[n-1].last = s.last
		}
	}
	return out
}
