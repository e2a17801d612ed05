package sip

import (
	"net/netip"
	"slices"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/hotline-cc/hotline/sip/digest"
)

// identity is who a call comes from, as far as it is proven: a trunk by its address, a user by
// credentials, a guest otherwise.
type identity struct {
	trunk *trunk
	user  string
}

// trunkAt returns the trunk that calls from an address belong to, nil when there is none.
func (e *Endpoint) trunkAt(a netip.Addr) *trunk {
	for _, t := range e.trunks {
		if slices.ContainsFunc(t.nets, func(p netip.Prefix) bool { return p.Contains(a) }) {
			return t
		}
	}
	return nil
}

// identify finds out who sends an INVITE. Somebody who may not call has been refused then.
func (e *Endpoint) identify(req *gosip.Request, tx *gosip.ServerTx) (identity, bool) {
	if t := e.trunkAt(addrOf(req.Source()).Addr()); t != nil {
		return identity{trunk: t}, true
	}
	if len(req.GetHeaders("Authorization")) == 0 && !e.cfg.RequireAuth {
		return identity{}, true
	}
	user, ok := e.authenticate(req, tx)
	return identity{user: user}, ok
}

// authenticate proves which user sends a request, or answers it with a challenge or a refusal.
func (e *Endpoint) authenticate(req *gosip.Request, tx *gosip.ServerTx) (string, bool) {
	if e.auth == nil {
		e.refuse(tx, req, gosip.StatusForbidden)
		return "", false
	}
	source := addrOf(req.Source()).Addr()
	attempt := digest.Attempt{Method: string(req.Method), URI: req.Recipient.String(), Source: source}
	for _, h := range req.GetHeaders("Authorization") {
		attempt.Credentials = append(attempt.Credentials, h.Value())
	}
	result := e.auth.Verify(attempt)
	switch result.Outcome {
	case digest.Accepted:
		return result.User, true
	case digest.Refused, digest.Locked:
		e.counters.authFailed.Add(1)
		e.wary.Warn("认证失败 · authentication failed", "source", source, "user", printable(result.User, 60), "outcome", result.Outcome)
	}
	if result.Outcome == digest.Locked {
		e.refuse(tx, req, gosip.StatusForbidden)
		return "", false
	}
	claimed := result.User
	if claimed == "" {
		claimed = req.From().Address.User
	}
	var challenges []gosip.Header
	for _, c := range e.auth.Challenge(claimed, source, result.Outcome == digest.Stale) {
		challenges = append(challenges, gosip.NewHeader("WWW-Authenticate", c))
	}
	e.refuse(tx, req, gosip.StatusUnauthorized, challenges...)
	return "", false
}

func (e *Endpoint) newUsers() error {
	if len(e.cfg.Users) == 0 {
		return nil
	}
	accounts := make([]digest.Account, 0, len(e.cfg.Users))
	for _, u := range e.cfg.Users {
		accounts = append(accounts, digest.Account{Name: u.Name, Password: u.Password, HA1: u.HA1, AllowMD5: u.AllowMD5})
		e.users[u.Name] = &registered{}
	}
	var err error
	e.auth, err = digest.NewServer(digest.ServerConfig{Realm: e.cfg.Realm, Users: accounts, Now: e.clock.Now})
	return err
}
