package sip

import (
	"context"
	"crypto/rand"
	mathrand "math/rand/v2"
	"sync"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// How soon a failed registration is tried again: doubled each time, and spread, so that many
// gateways do not come back at once.
const (
	firstRetry = 2 * time.Second
	lastRetry  = 5 * time.Minute
)

// runTrunks keeps trunks registered and their health known until ctx ends. The returned function
// waits for that.
func (e *Endpoint) runTrunks(ctx context.Context) (wait func()) {
	var all sync.WaitGroup
	for _, t := range e.trunks {
		if t.Register {
			all.Go(func() { e.keepRegistered(ctx, t) })
		}
		if t.KeepAlive > 0 {
			for _, s := range t.servers {
				all.Go(func() { e.watchServer(ctx, t, s) })
			}
		}
	}
	return all.Wait
}

// pause waits for d and reports whether ctx still stands.
func (e *Endpoint) pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-e.clock.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// watchServer asks a server with OPTIONS whether it works.
func (e *Endpoint) watchServer(ctx context.Context, t *trunk, s *server) {
	for {
		err := e.ping(ctx, t, s)
		if ctx.Err() != nil {
			return
		}
		state := Up
		if err != nil {
			state = Down
		}
		if s.mark(state, e.clock.Now(), err) {
			e.log.Info("中继状态改变 · trunk server changed", "trunk", t.Name, "server", s.text, "state", state, "err", err)
		}
		if !e.pause(ctx, t.KeepAlive*time.Duration(90+mathrand.IntN(20))/100) {
			return
		}
	}
}

// ping sends OPTIONS. Any answer shows that the server works, but one that says it does not.
func (e *Endpoint) ping(ctx context.Context, t *trunk, s *server) error {
	ctx, cancel := context.WithTimeout(ctx, nextServer())
	defer cancel()
	uri := plain(s.uri)
	var seq uint32
	req, err := e.toServer(ctx, t, s, gosip.OPTIONS, uri, uri, &seq)
	if err != nil {
		return err
	}
	res, err := e.exchange(ctx, req)
	if err != nil {
		return err
	}
	if res.StatusCode == gosip.StatusServiceUnavailable || res.StatusCode == gosip.StatusRequestTimeout {
		return refusal("ask server", res)
	}
	return nil
}

// resolveServer finds the address of a trunk's server.
func (e *Endpoint) resolveServer(ctx context.Context, s *server) (hop, error) {
	h, err := e.resolve(ctx, &s.uri, UDP)
	if err == nil {
		s.found(h.addr.Addr())
	}
	return h, err
}

// toServer builds a request outside of any dialog to a trunk's server.
func (e *Endpoint) toServer(ctx context.Context, t *trunk, s *server, method gosip.RequestMethod, uri, about gosip.Uri, seq *uint32) (*gosip.Request, error) {
	h, err := e.resolveServer(ctx, s)
	if err != nil {
		return nil, err
	}
	f, err := e.faceTo(ctx, h, nil, t)
	if err != nil {
		return nil, err
	}
	*seq++
	req := newRequest(method, uri)
	callID := gosip.CallIDHeader(rand.Text())
	from := &gosip.FromHeader{Address: *about.Clone()}
	from.Params.Add("tag", newTag())
	req.AppendHeader(from)
	req.AppendHeader(&gosip.ToHeader{Address: *about.Clone()})
	req.AppendHeader(&callID)
	req.AppendHeader(&gosip.CSeqHeader{SeqNo: *seq, MethodName: method})
	req.AppendHeader(&gosip.ContactHeader{Address: f.contact(t.Username)})
	direct(req, f, h)
	return req, nil
}

// keepRegistered registers with the first server that takes us, and again before that ends.
func (e *Endpoint) keepRegistered(ctx context.Context, t *trunk) {
	r := registration{e: e, t: t, callID: rand.Text(), expires: t.Expires}
	failures := 0
	for i := 0; ; {
		s := t.servers[i]
		granted, err := r.register(ctx, s, r.expires)
		if ctx.Err() != nil {
			break
		}
		if err == nil {
			failures = 0
			s.registered(e.clock.Now().Add(granted))
			if !e.pause(ctx, granted-min(granted/5, 30*time.Second)) {
				break
			}
			continue
		}
		e.log.Warn("中继注册失败 · trunk not registered", "trunk", t.Name, "server", s.text, "err", err)
		s.unregistered(err)
		failures++
		if i = (i + 1) % len(t.servers); failures%len(t.servers) != 0 {
			continue // the next server at once
		}
		wait := min(firstRetry<<min(failures/len(t.servers)-1, 10), lastRetry)
		if !e.pause(ctx, wait/2+mathrand.N(wait)) {
			break
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 4*gosip.T1)
	defer cancel()
	for _, s := range t.servers {
		if s.snapshot().Registered {
			_, _ = r.register(ctx, s, 0)
			s.unregistered(nil)
		}
	}
}

// registration is our binding with a trunk.
type registration struct {
	e       *Endpoint
	t       *trunk
	callID  string
	seq     uint32
	expires time.Duration // asked for; raised by 423
}

// register sends a REGISTER, 0 to end the binding, and returns how long it lasts.
func (r *registration) register(ctx context.Context, s *server, expires time.Duration) (time.Duration, error) {
	domain := r.t.Domain
	if domain == "" {
		domain = s.uri.Host
	}
	account := gosip.Uri{Scheme: s.uri.Scheme, User: r.t.Username, Host: domain}
	req, err := r.e.toServer(ctx, r.t, s, gosip.REGISTER, gosip.Uri{Scheme: s.uri.Scheme, Host: domain}, account, &r.seq)
	if err != nil {
		return 0, err
	}
	*req.CallID() = gosip.CallIDHeader(r.callID)
	set(req, "Expires", formatSeconds(expires))
	nextSeq := func() uint32 { r.seq++; return r.seq }
	ctx, cancel := context.WithTimeout(ctx, 16*gosip.T1)
	defer cancel()
	res, _, err := r.e.authorised(ctx, r.t, req, nextSeq, r.e.exchange)
	switch {
	case err != nil:
		return 0, err
	case res.StatusCode == gosip.StatusIntervalToBrief && expires > 0 && expires < seconds(text(res, "Min-Expires")):
		r.expires = seconds(text(res, "Min-Expires"))
		return r.register(ctx, s, r.expires)
	case !res.IsSuccess():
		return 0, refusal("register", res)
	}
	return r.lasts(res, req, expires), nil
}

// lasts reads how long our binding lasts from a 200.
func (r *registration) lasts(res *gosip.Response, req *gosip.Request, asked time.Duration) time.Duration {
	granted := asked
	if value := text(res, "Expires"); value != "" {
		granted = seconds(value)
	}
	ours, _ := contactOf(req)
	for _, h := range res.GetHeaders("Contact") {
		if c, ok := h.(*gosip.ContactHeader); ok && sameContact(c.Address, ours) {
			if value, told := c.Params.Get("expires"); told {
				granted = seconds(value)
			}
		}
	}
	return max(granted, time.Second)
}

func (s *server) registered(until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Registered, s.state.Until, s.state.Problem = true, until, ""
}

func (s *server) unregistered(problem error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Registered, s.state.Until = false, time.Time{}
	if problem != nil {
		s.state.Problem = printable(problem.Error(), 200)
	}
}
