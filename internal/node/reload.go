package node

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/parley-rtc/parley/internal/config"
	"github.com/parley-rtc/parley/internal/control/auth"
	"github.com/parley-rtc/parley/internal/engine/turn"
)

// Reload implements operated. It reads the settings and the certificate files
// again. Sessions stay, except with peers that are refused now. If anything is
// wrong, nothing changes.
func (n *turnNode) Reload() (done Reloaded, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	defer func() {
		if err != nil {
			n.host.Log.Error("not reloaded; everything stays as it was", "reason", err)
		}
	}()
	next, err := n.reread()
	if err != nil {
		return done, err
	}
	set, err := credentialsOf(next)
	if err != nil {
		return done, err
	}
	set.Realm = n.settings.Realm                          // the engines have it
	if err := auth.New(nil, 0).Replace(set); err != nil { // before anything changes
		return done, err
	}
	if n.certificate != nil {
		if err := n.certificate.Reload(); err != nil {
			return done, err
		}
	}
	if err := n.credentials.Replace(set); err != nil {
		return done, err
	}
	n.media.SetPolicy(turn.Policy{Allow: next.AllowPeer, Deny: next.DenyPeer})
	done.Unchanged = fixed(n.settings, next)
	n.host.Log.Info("reloaded", "users", len(set.Users), "secrets", len(set.Secrets), "allow", len(next.AllowPeer), "deny", len(next.DenyPeer))
	if len(done.Unchanged) > 0 {
		n.host.Log.Warn("some settings need a restart", "settings", strings.Join(done.Unchanged, " "))
	}
	return done, nil
}

// fixed lists the settings that differ and that only a restart changes.
func fixed(before, after *config.TurnSettings) (names []string) {
	a, b := reflect.ValueOf(before).Elem(), reflect.ValueOf(after).Elem()
	for _, field := range reflect.VisibleFields(a.Type()) {
		name := cmp.Or(field.Tag.Get("flag"), field.Tag.Get("name"))
		if field.Anonymous || field.Tag.Get("reload") != "" || slices.Contains(names, name) {
			continue
		}
		if !reflect.DeepEqual(a.FieldByIndex(field.Index).Interface(), b.FieldByIndex(field.Index).Interface()) {
			names = append(names, name)
		}
	}
	return names
}

// credentialsOf makes of the settings who may use the server. Its error is a
// sentence that holds no password.
func credentialsOf(s *config.TurnSettings) (auth.Set, error) {
	set := auth.Set{Realm: s.Realm, Secrets: s.Secrets, Strict: s.StrictExpiry, TokensFor: s.TokenFor}
	for _, text := range s.Users {
		u, err := auth.ParseUser(text)
		if err != nil {
			return set, fmt.Errorf("--user: %w", err)
		}
		set.Users = append(set.Users, u)
	}
	for _, text := range s.TokenKeys {
		k, err := auth.ParseTokenKey(text)
		if err != nil {
			return set, fmt.Errorf("--token-key: %w", err)
		}
		set.Tokens = append(set.Tokens, k)
	}
	return set, nil
}
