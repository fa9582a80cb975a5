package config

import (
	"errors"
	"net/url"
)

func (c *Turn) checkAuth(*TurnSettings) error {
	u, err := url.Parse(c.AuthURL)
	switch {
	case c.AuthURL == "" && c.AuthToken != "":
		return errors.New("--auth-token is of no use without --auth-url")
	case c.AuthURL != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil):
		return errors.New("--auth-url is not a URL such as https://auth.example.org/turn; a secret goes into --auth-token")
	}
	return nil
}
