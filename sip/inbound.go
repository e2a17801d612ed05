package sip

import (
	"context"
	"strconv"
	"sync"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media/rtp"
	"github.com/hotline-cc/hotline/sip/screen"
)

// errCancelled is why an Invitation cannot be answered any more.
var errCancelled = hotline.Errorf("answer call", hotline.CodeConflict, "the caller has given up")

// Invitation is a call that waits for an answer. It has passed every check and its sound is agreed
// on, if the caller offered any. Its methods are safe for concurrent use.
type Invitation struct {
	e   *Endpoint
	req *gosip.Request
	tx  *gosip.ServerTx
	tag string // ours
	leg *Leg

	interval interval
	examined chan struct{} // closed when the call is with the handler, or refused

	mu       sync.Mutex
	final    bool   // a final response was sent or is about to be
	answer   []byte // our session description once it is agreed on
	offered  bool   // in a provisional response, because the caller made no offer
	reliable reliable
}

// invite serves an INVITE that begins a call.
func (e *Endpoint) invite(req *gosip.Request, tx *gosip.ServerTx) {
	in := &Invitation{e: e, req: req, tx: tx, tag: newTag(), examined: make(chan struct{})}
	if !e.calls.invite(in) {
		e.refuse(tx, req, gosip.StatusLoopDetected)
		return
	}
	if !tx.OnTerminate(func(string, error) { e.calls.forget(in) }) {
		e.calls.forget(in)
	}
	ok := in.examine()
	if !ok {
		in.close(nil)
	}
	close(in.examined)
	if !ok {
		return
	}
	e.counters.incoming.Add(1)
	if e.cfg.Answer != nil {
		e.cfg.Answer(in.leg.ctx, in)
	}
	in.settle()
}

// examine decides whether the call may reach the handler. It has been refused otherwise.
func (in *Invitation) examine() bool {
	e := in.e
	who, ok := e.identify(in.req, in.tx)
	if !ok {
		return false
	}
	if in.interval, ok = e.sessionInterval(in.req, in.tx); !ok {
		return false
	}
	permit, err := e.admission.enter(who.trunk, true, e.clock.Now())
	if err != nil {
		e.refuse(in.tx, in.req, StatusOf(hotline.CodeOf(err)))
		return false
	}
	if err := in.prepare(who, permit); err != nil {
		status := StatusOf(hotline.CodeOf(err))
		e.wary.Info("呼叫被拒 · call refused", "call_id", printable(in.req.CallID().Value(), 100),
			"source", in.req.Source(), "status", status, "err", err)
		_ = in.refuse(status)
		return false
	}
	return true
}

// prepare makes the Leg and agrees on its sound.
func (in *Invitation) prepare(who identity, permit *permit) error {
	req := in.req
	source := addrOf(req.Source())
	call := Call{
		CallID: req.CallID().Value(), From: req.From().Address.User, FromName: req.From().DisplayName,
		To: req.Recipient.User, Source: source, Transport: gosip.NetworkToLower(req.Transport()), User: who.user,
	}
	if who.trunk != nil {
		call.Trunk = who.trunk.Name
	}
	l := in.e.newLeg(call, permit)
	in.leg = l
	d := callee(req, in.tag)
	d.network, d.trunk, d.listener = call.Transport, who.trunk, in.e.heardAt(req)
	d.seq = newSeq()
	f, err := in.e.faceTo(l.ctx, hop{network: d.network, addr: source}, d.listener, d.trunk)
	if err != nil {
		return err
	}
	d.contact = f.contact(call.To)
	l.mu.Lock()
	l.dialog, l.inv = d, in
	l.mu.Unlock()
	if err := l.openSound(source.Addr(), who.trunk); err != nil {
		return err
	}
	l.talk <- struct{}{} // until ACK at the latest
	offer, err := description(req)
	if err != nil {
		return err
	}
	if offer != nil {
		answer, terms, err := l.nego.Answer(offer)
		if err != nil {
			return err
		}
		in.answer = answer
		if err := l.agree(terms); err != nil {
			return err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return errCancelled
	}
	in.e.calls.add(d.id, l)
	return nil
}

// settle ends a call whose handler has returned, whatever state it is in.
func (in *Invitation) settle() {
	_ = in.Reject(hotline.CodeUnavailable)
	in.leg.hangup(in.e.running, Ending{By: "system", Reason: "handler returned"})
}

// Describe says between whom the call is.
func (in *Invitation) Describe() Call { return in.leg.call }

// Ring tells the caller that somebody is being alerted.
func (in *Invitation) Ring() error { return in.provisional(gosip.StatusRinging, false) }

// Progress begins the sound before the call is answered. That is not possible when the caller made
// no offer.
func (in *Invitation) Progress() (*Leg, error) {
	in.mu.Lock()
	agreed := in.answer != nil
	in.mu.Unlock()
	if !agreed {
		return nil, hotline.Errorf("begin early sound", hotline.CodeConflict, "the caller made no offer")
	}
	return in.leg, in.provisional(gosip.StatusSessionInProgress, true)
}

// response builds a response that belongs to the dialog.
func (in *Invitation) response(status int) *gosip.Response {
	res := response(in.req, status, in.tag)
	in.leg.mu.Lock()
	res.AppendHeader(&gosip.ContactHeader{Address: *in.leg.dialog.contact.Clone()})
	in.leg.mu.Unlock()
	set(res, "Allow", screen.Allow)
	set(res, "Supported", screen.Supported)
	return res
}

// close claims the right to send the final response: to answer when there is an ACK to expect.
func (in *Invitation) close(expect *pendingAck) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.final {
		return false
	}
	in.final = true
	in.reliable.stop()
	if expect != nil {
		l := in.leg
		l.mu.Lock()
		defer l.mu.Unlock()
		l.confirmed, l.inv, l.ack = true, nil, expect
	}
	return true
}

// Answer takes the call. It returns when the caller has confirmed that, or with an error when ctx
// ends before; the call is hung up then.
func (in *Invitation) Answer(ctx context.Context) (*Leg, error) {
	l := in.leg
	if err := in.awaitPrack(ctx); err != nil {
		return nil, err
	}
	in.mu.Lock()
	offer, delayed, offered := in.answer, in.answer == nil, in.offered
	in.mu.Unlock()
	ack := newPendingAck(in.req)
	if !in.close(ack) {
		return nil, errCancelled
	}
	l.permit.up()
	in.e.counters.answered.Add(1)
	res := in.response(gosip.StatusOK)
	if delayed {
		var err error
		if offer, err = l.nego.Offer(rtp.SendRecv); err != nil {
			return nil, in.fail(err)
		}
	}
	if !offered {
		body(res, offer)
	}
	in.interval.announce(res, in.req)
	got, err := l.repeat(ctx, in.tx, res, ack)
	if err == nil && delayed {
		err = l.answerIn(got)
	}
	if err != nil {
		in.e.tasks.run(func() {
			_, _ = l.repeat(in.e.running, in.tx, res, ack) // a callee may not hang up before the ACK
			_ = in.fail(err)
		})
		return nil, err
	}
	<-l.talk
	l.keepAlive(in.interval)
	return l, nil
}

// fail hangs an answered call up.
func (in *Invitation) fail(err error) error {
	in.leg.hangup(in.e.running, Ending{By: "network", Reason: err.Error()})
	return err
}

// Reject refuses the call with the status that stands for the code.
func (in *Invitation) Reject(code hotline.Code) error {
	if !in.close(nil) {
		return errCancelled
	}
	return in.refuse(StatusOf(code))
}

// refuse sends a final refusal and ends the Leg, if there is one already.
func (in *Invitation) refuse(status int) error {
	res := response(in.req, status, in.tag)
	if status == gosip.StatusServiceUnavailable {
		set(res, "Retry-After", strconv.Itoa(int(in.e.cfg.Limits.RetryAfter.Seconds())))
	}
	in.e.counters.refused(status)
	err := in.e.respond(in.tx, res)
	if in.leg != nil {
		by := "system"
		if status == gosip.StatusRequestTerminated {
			by = "caller"
		}
		in.leg.finish(Ending{By: by, Status: status, Reason: reasonOf(status)})
	}
	return err
}

// cancelled ends the call because the caller gave up. After a 200 it is too late, and a BYE comes.
func (in *Invitation) cancelled() {
	<-in.examined
	if in.close(nil) {
		_ = in.refuse(gosip.StatusRequestTerminated)
	}
}
