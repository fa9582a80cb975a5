package client

import "sync"

// mailbox is what waits for the call's goroutine. It has no limit: who posts must
// never wait, and each of them posts little for each thing that comes from outside.
type mailbox struct {
	lock    sync.Mutex
	waiting []func()
	wake    chan struct{}
}

func (m *mailbox) post(f func()) {
	m.lock.Lock()
	m.waiting = append(m.waiting, f)
	m.lock.Unlock()
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

func (m *mailbox) takeAll() []func() {
	m.lock.Lock()
	defer m.lock.Unlock()
	all := m.waiting
	m.waiting = nil
	return all
}
