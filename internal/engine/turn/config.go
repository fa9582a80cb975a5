package turn

import (
	"time"
)

// Config says how an [Engine] behaves. The zero value works: it lets nobody
// allocate, answers Binding requests and refuses everybody else with 401.
type Config struct {
	Realm     string        // at most 128 bytes; default "parley"
	Auth      Authenticator // nil: no user exists
	Directory Directory     // nil: this server has no other relays
	Listeners Directory     // the same for relays over TCP; nil: there are none (RFC 6062)
	Policy    Policy
	Ledger    Ledger    // what all shards count together; nil: nothing
	Elsewhere Elsewhere // nil: all data passes the engine

	// Secret keys the nonces and seeds whatever else has to be hard to guess.
	// Take it from a random source, one for all shards of a server: then a nonce
	// stays good when a client's packets begin to reach another shard.
	Secret [32]byte

	// Shard is this engine's number among those of the server. It is in every
	// [ConnectionID] and RESERVATION-TOKEN.
	Shard uint8

	// Discovery of the behaviour of NATs (RFC 5780); nil: its attributes are
	// refused with 420.
	Discovery *Discovery

	// Software is told to clients that have authenticated; empty says nothing.
	Software string

	// Families lists what relays can be had of; empty means both.
	Families []Family

	MaxAllocations        int // relayed transport addresses of the engine; default 16384
	MaxAllocationsPerUser int // relayed transport addresses, those reserved included; default 128
	MaxPermissions        int // of one allocation; default 64
	MaxChannels           int // of one allocation; default 64
	MaxConnections        int // with peers, of one TCP allocation; default 64
	MaxConnectionsTotal   int // with peers, of the engine; default 16384

	Rates      Rates
	Extensions Extensions

	MaxLookups          int           // of users, at once; default 1024
	MaxLookupsPerSource int           // from one IPv4 address or IPv6 /64; default 32
	LookupTimeout       time.Duration // default 5 seconds

	DefaultLifetime    time.Duration // of an allocation; default 10 minutes
	MaxLifetime        time.Duration // default 1 hour
	PermissionLifetime time.Duration // default 5 minutes
	ChannelLifetime    time.Duration // default 10 minutes
	NonceLifetime      time.Duration // default 1 hour, at most a day

	// Replies to datagrams that prove nothing (Binding, 401 and the like) are
	// limited per source: an IPv4 address or an IPv6 /64.
	RepliesPerSecond int // default 200
	ReplyBurst       int // default 2000
}

// RFC 8656, section 6: "the default lifetime value of 600 seconds"; section 7.2:
// "a maximum allowed lifetime value of no more than 3600 seconds"; section 9: "The
// Permission Lifetime MUST be 300 seconds"; section 12: "A channel binding lasts
// for 10 minutes"; section 5: the server "SHOULD expire the nonce at least once
// every hour". https://www.rfc-editor.org/rfc/rfc8656
func (c Config) withDefaults() Config {
	orText(&c.Realm, "parley")
	orInt(&c.MaxAllocations, 16384)
	orInt(&c.MaxAllocationsPerUser, 128)
	orInt(&c.MaxPermissions, 64)
	orInt(&c.MaxChannels, 64)
	orInt(&c.MaxConnections, 64)
	orInt(&c.MaxConnectionsTotal, 16384)
	orInt(&c.MaxLookups, maxLookups)
	orInt(&c.MaxLookupsPerSource, maxLookupsPerSource)
	orDuration(&c.LookupTimeout, lookupTimeout)
	orDuration(&c.DefaultLifetime, 10*time.Minute)
	orDuration(&c.MaxLifetime, time.Hour)
	orDuration(&c.PermissionLifetime, 5*time.Minute)
	orDuration(&c.ChannelLifetime, 10*time.Minute)
	orDuration(&c.NonceLifetime, time.Hour)
	c.NonceLifetime = min(c.NonceLifetime, nonceLifetimeMax)
	orInt(&c.RepliesPerSecond, 200)
	orInt(&c.ReplyBurst, 2000)
	if len(c.Families) == 0 {
		c.Families = []Family{IPv4, IPv6}
	}
	if c.Auth == nil {
		c.Auth = nobody{}
	}
	return c
}

func orText(v *string, d string) {
	if *v == "" {
		*v = d
	}
}

func orInt(v *int, d int) {
	if *v <= 0 {
		*v = d
	}
}

func orDuration(v *time.Duration, d time.Duration) {
	if *v <= 0 {
		*v = d
	}
}
