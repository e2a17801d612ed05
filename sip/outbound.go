package sip

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media/rtp"
	"github.com/hotline-cc/hotline/sip/screen"
)

// Dial is a call to place. Exactly one of URI, User and Trunk says where to; Trunk goes with Number.
type Dial struct {
	URI    string // "sip:name@host:port;transport=tcp"
	User   string // a user of ours, at the phones registered for it
	Trunk  string
	Number string
	// From and FromName tell who calls; From is a number or name.
	From, FromName string
	// Ringing is told once that the peer alerts somebody, Early that its sound begins before it has
	// answered. Neither may block.
	Ringing func()
	Early   func(*Leg)
}

// nextServer is how long a server may stay silent when there is another to try.
func nextServer() time.Duration { return 8 * gosip.T1 }

// destination is one way to reach whom we call.
type destination struct {
	uri    gosip.Uri
	hop    *hop // instead of what uri leads to
	from   party
	trunk  *trunk
	server *server // of the trunk
}

// Dial places a call and returns when it is answered. When ctx ends first the call is given up. A
// refusal is an error with the code that fits the status and a *StatusError in its chain. Other
// servers of a trunk, and other phones of a user, are tried when one cannot be reached.
func (e *Endpoint) Dial(ctx context.Context, to Dial) (*Leg, error) {
	if !e.tasks.begin() {
		return nil, hotline.Errorf("dial", hotline.CodeUnavailable, "shutting down")
	}
	defer e.tasks.end()
	destinations, err := e.destinations(to)
	if err != nil {
		return nil, err
	}
	for i, d := range destinations {
		var permit *permit
		if permit, err = e.admission.enter(d.trunk, false, e.clock.Now()); err != nil {
			return nil, err
		}
		a := &attempt{e: e, dial: to, to: d, last: i == len(destinations)-1}
		var l *Leg
		if l, err = a.run(ctx, permit); err == nil {
			e.counters.outgoing.Add(1)
			return l, nil
		}
		permit.leave()
		if !a.elsewhere || ctx.Err() != nil {
			break
		}
		if d.server != nil {
			d.server.mark(Down, e.clock.Now(), err)
		}
		e.log.Info("换下一个目的地 · trying the next destination", "failed", d.uri.String(), "err", err)
	}
	return nil, err
}

// destinations lists where a call can go, in order.
func (e *Endpoint) destinations(to Dial) ([]destination, error) {
	const op = "dial"
	if !IsUser(to.From) {
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "From %q is not a number or a plain name", printable(to.From, 60))
	}
	to.FromName = strings.NewReplacer(`"`, "", `\`, "").Replace(printable(to.FromName, 100))
	switch {
	case to.Trunk != "":
		return e.viaTrunk(to)
	case to.User != "":
		return e.toUser(to)
	}
	var uri gosip.Uri
	if err := gosip.ParseUri(to.URI, &uri); err != nil || uri.Host == "" {
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "%q is not a SIP address", to.URI)
	}
	uri.Headers = nil
	return []destination{{uri: uri, from: party{name: to.FromName, uri: gosip.Uri{Scheme: "sip", User: to.From}}}}, nil
}

// IsUser reports whether s can stand before the "@" of an address as it is.
func IsUser(s string) bool {
	return len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("-_.!~*'()+", r)
	})
}

// attempt is one INVITE of a Dial.
type attempt struct {
	e    *Endpoint
	dial Dial
	to   destination
	last bool // there is no other destination

	leg       *Leg
	req       *gosip.Request
	tx        *gosip.ClientTx
	heard     bool // a provisional response came
	rang      bool
	rseq      uint32 // of the last reliable response
	early     bool   // the Leg was given to Dial.Early
	elsewhere bool   // another destination may do better
}

// run places the call. On error nothing is left but, for a while, what CANCEL needs.
func (a *attempt) run(ctx context.Context, permit *permit) (*Leg, error) {
	if err := a.prepare(ctx, permit); err != nil {
		a.elsewhere = hotline.CodeOf(err) == hotline.CodeUnavailable || hotline.CodeOf(err) == hotline.CodeTimeout
		return nil, a.fail(err, Ending{By: "network", Reason: err.Error()})
	}
	l := a.leg
	res, req, err := a.e.authorised(ctx, a.to.trunk, a.req, l.nextSeq, a.invite)
	if err == nil && res.StatusCode == statusIntervalTooSmall { // RFC 4028 section 7.4
		again := req.Clone()
		l.propose(again, seconds(text(res, "Min-SE")))
		again.CSeq().SeqNo = l.nextSeq()
		again.Via().Params.Add("branch", newBranch())
		res, req, err = a.e.authorised(ctx, a.to.trunk, again, l.nextSeq, a.invite)
	}
	a.req = req
	switch {
	case err != nil:
		return nil, a.fail(err, Ending{By: "network", Reason: err.Error()})
	case !res.IsSuccess():
		a.elsewhere = a.to.trunk != nil && res.StatusCode >= 500 && res.StatusCode < 600
		return nil, a.fail(refusal("dial", res), Ending{By: "caller", Status: res.StatusCode, Reason: printable(res.Reason, 100)})
	}
	if err := a.confirm(ctx, res); err != nil {
		l.hangup(a.e.running, Ending{By: "system", Reason: err.Error()})
		return nil, err
	}
	return l, nil
}

func (a *attempt) fail(err error, end Ending) error {
	if a.early {
		a.elsewhere = false // the peer has been heard already
	}
	if a.leg != nil {
		a.leg.finish(end)
	}
	return err
}

// prepare makes the Leg and the INVITE.
func (a *attempt) prepare(ctx context.Context, permit *permit) error {
	e, to := a.e, a.to
	h, err := a.where(ctx)
	if err != nil {
		return err
	}
	f, err := e.faceTo(ctx, h, nil, to.trunk)
	if err != nil {
		return err
	}
	from := to.from
	if from.uri.Host == "" {
		from.uri.Host = f.host
	}
	call := Call{
		CallID: rand.Text() + "@" + from.uri.Host, From: from.uri.User, FromName: from.name, To: to.uri.User,
		Source: h.addr, Transport: h.network, User: a.dial.User, Outbound: true,
	}
	if to.trunk != nil {
		call.Trunk = to.trunk.Name
	}
	l := e.newLeg(call, permit)
	a.leg = l
	l.dialog = dialog{
		id: dialogID{callID: call.CallID, local: newTag()}, local: from, remote: party{uri: plain(to.uri)}, target: to.uri,
		contact: f.contact(from.uri.User), network: h.network, trunk: to.trunk, seq: newSeq(),
	}
	if err := l.openSound(h.addr.Addr(), to.trunk); err != nil {
		return err
	}
	l.talk <- struct{}{}
	l.offering = true
	offer, err := l.nego.Offer(rtp.SendRecv)
	if err != nil {
		return err
	}
	a.req = l.dialog.request(gosip.INVITE, l.dialog.seq)
	l.propose(a.req, 0)
	if t := to.trunk; t != nil && t.AssertIdentity {
		identity := gosip.FromHeader{DisplayName: from.name, Address: from.uri}
		set(a.req, "P-Asserted-Identity", identity.Value())
	}
	set(a.req, "Accept", screen.Accept)
	body(a.req, offer)
	direct(a.req, f, h)
	return nil
}

func (a *attempt) where(ctx context.Context) (hop, error) {
	if a.to.hop != nil {
		return *a.to.hop, nil
	}
	if s := a.to.server; s != nil {
		return a.e.resolveServer(ctx, s)
	}
	return a.e.resolve(ctx, &a.to.uri, UDP)
}

// plain is a URI without what is only for the way there.
func plain(uri gosip.Uri) gosip.Uri {
	return gosip.Uri{Scheme: uri.Scheme, User: uri.User, Host: uri.Host, Port: uri.Port}
}

// invite runs one INVITE transaction until its final response.
func (a *attempt) invite(ctx context.Context, req *gosip.Request) (*gosip.Response, error) {
	tx, err := a.e.begin(ctx, req)
	if err != nil {
		a.elsewhere = true
		return nil, err
	}
	a.tx, a.req = tx, req
	tx.OnRetransmission(func(res *gosip.Response) {
		a.e.tasks.run(func() { a.again(req, res) })
	})
	var silent <-chan time.Time
	if !a.last {
		timer := time.NewTimer(nextServer())
		defer timer.Stop()
		silent = timer.C
	}
	for {
		select {
		case res := <-tx.Responses():
			if !res.IsProvisional() {
				return res, nil
			}
			a.heard, silent = true, nil
			a.provisional(res)
		case <-tx.Done():
			a.elsewhere = !a.heard
			return nil, transactionError(req, tx.Err())
		case <-silent:
			a.elsewhere = true
			a.abandon()
			return nil, hotline.Errorf("dial", hotline.CodeTimeout, "no answer from the server")
		case <-ctx.Done():
			a.abandon()
			return nil, &hotline.Error{Op: "dial", Code: hotline.CodeTimeout, Err: ctx.Err()}
		case <-a.leg.ctx.Done(): // by a BYE, or a Hangup in Dial.Early
			a.abandon()
			return nil, hotline.Errorf("dial", hotline.CodeConflict, "the call has ended")
		}
	}
}

// confirm acknowledges the 200 and puts its answer into force.
func (a *attempt) confirm(ctx context.Context, res *gosip.Response) error {
	l := a.leg
	a.join(res)
	l.mu.Lock()
	l.confirmed = true
	l.mu.Unlock()
	l.permit.up()
	if err := l.acknowledgeOurs(ctx, a.req); err != nil {
		return err
	}
	session, _ := l.media()
	if len(res.Body()) > 0 || session == nil {
		if err := l.answerIn(res); err != nil {
			return err
		}
	}
	l.endTalk()
	l.keepAlive(granted(res))
	return nil
}

// join takes the dialog that a response makes or is in.
func (a *attempt) join(res *gosip.Response) {
	l := a.leg
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return
	}
	if old := l.dialog.id; old.remote != toTag(res) {
		l.dialog.answered(res)
		if old.remote != "" {
			l.e.calls.remove(old, l)
		}
		l.e.calls.add(l.dialog.id, l)
		return
	}
	l.dialog.refresh(res)
}
