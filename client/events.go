package client

// Watch tells e of what happens from now on, besides the Events of [Options]: of
// those who are there already as if they had just come.
func (c *Call) Watch(e Events) {
	c.post(func() {
		c.watchers = append(c.watchers, e)
		for _, p := range c.Peers() {
			if e.PeerJoined != nil {
				e.PeerJoined(p)
			}
		}
	})
}

func (c *Call) tell(f func(Events)) {
	for _, e := range c.watchers {
		f(e)
	}
}

func (c *Call) tellJoined(p Peer) {
	c.tell(func(e Events) {
		if e.PeerJoined != nil {
			e.PeerJoined(p)
		}
	})
}

func (c *Call) tellChanged(p Peer) {
	c.tell(func(e Events) {
		if e.PeerChanged != nil {
			e.PeerChanged(p)
		}
	})
}

func (c *Call) tellLeft(p Peer, reason string) {
	c.tell(func(e Events) {
		if e.PeerLeft != nil {
			e.PeerLeft(p, reason)
		}
	})
}
