package sip

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/hotline-cc/hotline"
)

// How long a registration lasts.
const (
	defaultExpires = time.Hour
	leastExpires   = time.Minute
	mostExpires    = 2 * time.Hour
)

// binding is one phone of a user.
type binding struct {
	uri     gosip.Uri
	source  netip.AddrPort // it registered from
	network string
	until   time.Time
	callID  string
	seq     uint32
}

// registered are the phones of a user, the latest last.
type registered struct {
	mu     sync.Mutex
	phones []binding
}

// change is what one Contact of a REGISTER asks for.
type change struct {
	uri     gosip.Uri
	expires time.Duration
}

// register serves a REGISTER of one of our users (RFC 3261 section 10.3).
func (e *Endpoint) register(req *gosip.Request, tx *gosip.ServerTx) {
	user, ok := e.authenticate(req, tx)
	if !ok {
		return
	}
	phones := e.users[user]
	if phones == nil || req.To().Address.User != user {
		e.refuse(tx, req, gosip.StatusForbidden)
		return
	}
	changes, all, status := changesOf(req)
	switch status {
	case 0:
	case gosip.StatusIntervalToBrief:
		e.refuse(tx, req, status, gosip.NewHeader("Min-Expires", formatSeconds(leastExpires)))
		return
	default:
		e.refuse(tx, req, status)
		return
	}
	now := e.clock.Now()
	left, inOrder := phones.update(req, changes, all, e.cfg.Limits.Bindings, now)
	if !inOrder {
		e.refuse(tx, req, gosip.StatusInternalServerError)
		return
	}
	res := response(req, gosip.StatusOK, "")
	for _, b := range left {
		contact := &gosip.ContactHeader{Address: *b.uri.Clone()}
		contact.Params.Add("expires", strconv.Itoa(int(b.until.Sub(now).Round(time.Second)/time.Second)))
		res.AppendHeader(contact)
	}
	if err := e.respond(tx, res); err != nil {
		e.log.Debug("REGISTER not answered", "err", err)
	}
}

// changesOf reads the Contacts of a REGISTER. all removes every phone. status is that of a refusal.
func changesOf(req *gosip.Request) (changes []change, all bool, status int) {
	fallback := defaultExpires
	if value := text(req, "Expires"); value != "" {
		fallback = seconds(value)
	}
	for _, h := range req.GetHeaders("Contact") {
		c, ok := h.(*gosip.ContactHeader)
		if !ok {
			return nil, false, gosip.StatusBadRequest
		}
		if c.Address.Wildcard {
			all = true
			continue
		}
		expires := fallback
		if value, told := c.Params.Get("expires"); told {
			expires = seconds(value)
		}
		if expires > 0 && expires < leastExpires {
			return nil, false, gosip.StatusIntervalToBrief
		}
		changes = append(changes, change{*c.Address.Clone(), min(expires, mostExpires)})
	}
	if all && (len(changes) > 0 || fallback != 0) {
		return nil, false, gosip.StatusBadRequest
	}
	return changes, all, 0
}

// update changes the phones and returns those left. It does nothing when the request is older than
// one that was heard already.
func (r *registered) update(req *gosip.Request, changes []change, all bool, most int, now time.Time) ([]binding, bool) {
	callID, seq := req.CallID().Value(), req.CSeq().SeqNo
	r.mu.Lock()
	defer r.mu.Unlock()
	r.phones = slices.DeleteFunc(r.phones, func(b binding) bool { return !now.Before(b.until) })
	for _, b := range r.phones {
		if b.callID == callID && b.seq >= seq && (all || slices.ContainsFunc(changes, func(c change) bool { return sameContact(c.uri, b.uri) })) {
			return nil, false
		}
	}
	if all {
		r.phones = nil
	}
	for _, c := range changes {
		r.phones = slices.DeleteFunc(r.phones, func(b binding) bool { return sameContact(c.uri, b.uri) })
		if c.expires == 0 {
			continue
		}
		if len(r.phones) >= most {
			r.phones = slices.Delete(r.phones, 0, 1)
		}
		r.phones = append(r.phones, binding{
			uri: c.uri, source: addrOf(req.Source()), network: gosip.NetworkToLower(req.Transport()),
			until: now.Add(c.expires), callID: callID, seq: seq,
		})
	}
	return slices.Clone(r.phones), true
}

// sameContact compares addresses as far as RFC 3261 section 19.1.4 matters to phones.
func sameContact(a, b gosip.Uri) bool {
	return a.Scheme == b.Scheme && a.User == b.User && strings.EqualFold(a.Host, b.Host) && a.Port == b.Port &&
		strings.EqualFold(a.UriParams.GetOr("transport", ""), b.UriParams.GetOr("transport", ""))
}

// current returns the phones registered at a time.
func (r *registered) current(now time.Time) []binding {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.phones), func(b binding) bool { return !now.Before(b.until) })
}

// Registered returns how many phones are registered for a user of ours at present.
func (e *Endpoint) Registered(user string) int {
	phones := e.users[user]
	if phones == nil {
		return 0
	}
	return len(phones.current(e.clock.Now()))
}

// toUser lists the phones of a user, the latest first.
func (e *Endpoint) toUser(to Dial) ([]destination, error) {
	phones := e.users[to.User]
	if phones == nil {
		return nil, hotline.Errorf("dial", hotline.CodeNotFound, "no user %q", printable(to.User, 60))
	}
	var out []destination
	for _, b := range slices.Backward(phones.current(e.clock.Now())) {
		d := destination{uri: b.uri, from: party{name: to.FromName, uri: gosip.Uri{Scheme: "sip", User: to.From}}}
		if h, ok := e.back(&dialog{source: b.source, network: b.network}, &b.uri); ok {
			d.hop = &h
		}
		out = append(out, d)
	}
	if out == nil {
		return nil, hotline.Errorf("dial", hotline.CodeUnavailable, "user %q has no phone registered", printable(to.User, 60))
	}
	return out, nil
}
