package sip

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media/rtp"
)

// reliable is the state of provisional responses that the caller confirms (RFC 3262).
type reliable struct {
	seq     uint32        // RSeq of the last
	waiting chan struct{} // closed with the PRACK of the last
}

// stop ends the repetition of the last.
func (r *reliable) stop() {
	if r.waiting != nil {
		close(r.waiting)
		r.waiting = nil
	}
}

// provisional sends a provisional response with a tag, reliably if the caller can.
func (in *Invitation) provisional(status int, sound bool) error {
	if !lists(in.req, "100rel", "Supported", "Require") {
		in.mu.Lock()
		defer in.mu.Unlock()
		if in.final {
			return errCancelled
		}
		res := in.response(status)
		if sound {
			body(res, in.answer)
		}
		return in.e.respond(in.tx, res)
	}
	if err := in.awaitPrack(in.leg.ctx); err != nil {
		return err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.final || in.reliable.waiting != nil {
		return errCancelled
	}
	res := in.response(status)
	if err := in.describe(res, sound); err != nil {
		return err
	}
	if in.reliable.seq == 0 {
		in.reliable.seq = newSeq()
	}
	in.reliable.seq++
	set(res, "Require", "100rel")
	set(res, "RSeq", strconv.FormatUint(uint64(in.reliable.seq), 10))
	done := make(chan struct{})
	in.reliable.waiting = done
	if err := in.e.respond(in.tx, res); err != nil {
		return err
	}
	in.e.tasks.run(func() { in.insist(res, done) })
	return nil
}

// describe puts our session description into a reliable response. Without an offer from the caller
// the first one must make it (RFC 3262 section 5), and its PRACK answers.
func (in *Invitation) describe(res *gosip.Response, sound bool) error {
	switch {
	case in.answer != nil && sound:
		body(res, in.answer)
	case in.answer == nil && !in.offered:
		offer, err := in.leg.nego.Offer(rtp.SendRecv)
		if err != nil {
			return err
		}
		in.offered = true
		body(res, offer)
	}
	return nil
}

// insist repeats a reliable response until its PRACK comes, and refuses the call when none does.
func (in *Invitation) insist(res *gosip.Response, done <-chan struct{}) {
	over := time.NewTimer(64 * gosip.T1)
	defer over.Stop()
	wait := gosip.T1
	again := time.NewTimer(wait)
	defer again.Stop()
	for {
		select {
		case <-done:
			return
		case <-in.leg.ctx.Done():
			return
		case <-over.C:
			if in.close(nil) {
				_ = in.refuse(gosip.StatusGatewayTimeout)
			}
			return
		case <-again.C:
			in.mu.Lock()
			if !in.final {
				_ = in.e.respond(in.tx, res)
			}
			in.mu.Unlock()
			wait *= 2
			again.Reset(wait)
		}
	}
}

// awaitPrack waits until the last reliable response is confirmed.
func (in *Invitation) awaitPrack(ctx context.Context) error {
	in.mu.Lock()
	waiting := in.reliable.waiting
	in.mu.Unlock()
	if waiting == nil {
		return nil
	}
	select {
	case <-waiting:
		return nil
	case <-in.leg.ctx.Done():
		return errCancelled
	case <-ctx.Done():
		return &hotline.Error{Op: "await PRACK", Code: hotline.CodeTimeout, Err: ctx.Err()}
	}
}

// pracked serves a PRACK.
func (l *Leg) pracked(req *gosip.Request, tx *gosip.ServerTx) {
	l.mu.Lock()
	in := l.inv
	l.mu.Unlock()
	if in == nil {
		l.e.refuse(tx, req, gosip.StatusCallTransactionDoesNotExists)
		return
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	want := fmt.Sprintf("%d %d INVITE", in.reliable.seq, in.req.CSeq().SeqNo)
	if in.reliable.waiting == nil || strings.Join(strings.Fields(text(req, "RAck")), " ") != want {
		l.e.refuse(tx, req, gosip.StatusCallTransactionDoesNotExists)
		return
	}
	res := response(req, gosip.StatusOK, "")
	if err := in.takePrack(req, res); err != nil {
		l.e.refuse(tx, req, StatusOf(hotline.CodeOf(err)))
		return
	}
	in.reliable.stop()
	if err := l.e.respond(tx, res); err != nil {
		l.log.Debug("PRACK not answered", "err", err)
	}
}

// takePrack takes the session description of a PRACK: the answer to our offer, or another offer.
func (in *Invitation) takePrack(req *gosip.Request, res *gosip.Response) error {
	l := in.leg
	described, err := description(req)
	switch {
	case err != nil:
		return err
	case in.answer == nil && described == nil:
		return hotline.Errorf("read PRACK", hotline.CodeInvalid, "it holds no answer")
	case described == nil:
		return nil
	case in.answer == nil:
		terms, err := l.nego.Accept(described)
		if err != nil {
			return err
		}
		in.answer = l.nego.Local()
		return l.agree(terms)
	}
	answer, terms, err := l.nego.Answer(described)
	if err != nil {
		return err
	}
	in.answer = answer
	body(res, answer)
	return l.agree(terms)
}
