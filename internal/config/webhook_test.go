package config

import "testing"

func TestAuthURL(t *testing.T) {
	for _, c := range []struct {
		url, token string
		ok         bool
	}{
		{"", "", true}, {"https://auth.example.org/turn", "", true}, {"http://127.0.0.1:9000/?x=1", "token", true},
		{"", "token", false}, {"auth.example.org", "", false}, {"ftp://auth.example.org", "", false}, {"https://", "", false},
		{"https://ann:swordfish@auth.example.org", "", false}, {":", "", false},
	} {
		err := (&Turn{AuthURL: c.url, AuthToken: c.token}).checkAuth(nil)
		if (err == nil) != c.ok {
			t.Errorf("%q, %q: %v", c.url, c.token, err)
		}
	}
}
