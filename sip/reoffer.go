package sip

import (
	"context"
	"math/rand/v2"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media/rtp"
)

// Hold tells the peer that we do not listen. It still hears our Source.
func (l *Leg) Hold(ctx context.Context) error { return l.setHold(ctx, true) }

// Resume ends Hold.
func (l *Leg) Resume(ctx context.Context) error { return l.setHold(ctx, false) }

func (l *Leg) setHold(ctx context.Context, hold bool) error {
	direction := rtp.SendRecv
	if hold {
		direction = rtp.SendOnly
	}
	if err := l.reoffer(ctx, &direction); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hold = hold
	return nil
}

// maxBackOff is how long a peer may ask us to wait with an offer.
const maxBackOff = 10 * time.Second

// reoffer sends a re-INVITE with another offer, or with the present one when direction is nil. When
// both sides do so at once it tries again a little later (RFC 3261 section 14.1).
func (l *Leg) reoffer(ctx context.Context, direction *rtp.Direction) error {
	const tries = 5
	var least time.Duration
	for range tries {
		res, err := l.offerOnce(ctx, direction, least)
		switch {
		case err != nil:
			return err
		case res.IsSuccess():
			return nil
		case res.StatusCode == statusIntervalTooSmall:
			least = seconds(text(res, "Min-SE"))
			continue
		case res.StatusCode == gosip.StatusCallTransactionDoesNotExists, res.StatusCode == gosip.StatusRequestTimeout:
			l.finish(Ending{By: "network", Status: res.StatusCode, Reason: reasonOf(res.StatusCode)})
			return refusal("make an offer", res)
		}
		wait := l.backOff()
		if after := text(res, "Retry-After"); res.StatusCode == gosip.StatusInternalServerError && after != "" {
			wait = min(seconds(after), maxBackOff)
		} else if res.StatusCode != gosip.StatusRequestPending {
			return refusal("make an offer", res)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return &hotline.Error{Op: "make an offer", Code: hotline.CodeTimeout, Err: ctx.Err()}
		case <-l.ctx.Done():
			return hotline.Errorf("make an offer", hotline.CodeConflict, "the call has ended")
		}
	}
	return hotline.Errorf("make an offer", hotline.CodeConflict, "the peer kept making offers of its own")
}

// backOff is how long to wait after a 491: whoever made the Call-ID waits longer. The times are
// those of RFC 3261 section 14.1 at its T1 of 500 ms.
func (l *Leg) backOff() time.Duration {
	unit := gosip.T1 / 50
	if l.call.Outbound {
		return time.Duration(210+rand.IntN(190)) * unit
	}
	return time.Duration(rand.IntN(200)) * unit
}

// offerOnce sends one re-INVITE and returns its final response.
func (l *Leg) offerOnce(ctx context.Context, direction *rtp.Direction, least time.Duration) (*gosip.Response, error) {
	if err := l.beginTalk(ctx); err != nil {
		return nil, err
	}
	defer l.endTalk()
	offer := l.nego.Local()
	if direction != nil {
		var err error
		if offer, err = l.nego.Offer(*direction); err != nil {
			return nil, err
		}
		defer l.nego.Rollback() // does nothing once the offer is answered
	}
	l.mu.Lock()
	d := l.dialog
	l.mu.Unlock()
	req := d.request(gosip.INVITE, l.nextSeq())
	l.propose(req, least)
	body(req, offer)
	if err := l.e.aim(ctx, &d, req); err != nil {
		return nil, err
	}
	res, req, err := l.e.authorised(ctx, d.trunk, req, l.nextSeq, l.reinvite)
	if err != nil || !res.IsSuccess() {
		return res, err
	}
	l.mu.Lock()
	l.dialog.refresh(res)
	l.mu.Unlock()
	if err := l.acknowledgeOurs(ctx, req); err != nil {
		return nil, err
	}
	if err := l.answerIn(res); err != nil {
		l.hangup(l.e.running, Ending{By: "system", Reason: err.Error()})
		return nil, err
	}
	l.keepAlive(granted(res))
	return res, nil
}

// reinvite runs the transaction of a re-INVITE. A 200 that comes again is acknowledged again.
func (l *Leg) reinvite(ctx context.Context, req *gosip.Request) (*gosip.Response, error) {
	tx, err := l.e.begin(ctx, req)
	if err != nil {
		return nil, err
	}
	tx.OnRetransmission(func(*gosip.Response) {
		l.e.tasks.run(func() { _ = l.acknowledgeOurs(l.ctx, req) })
	})
	for {
		select {
		case res := <-tx.Responses():
			if !res.IsProvisional() {
				return res, nil
			}
		case <-tx.Done():
			return nil, transactionError(req, tx.Err())
		case <-ctx.Done():
			tx.Terminate()
			return nil, transactionError(req, ctx.Err())
		}
	}
}

// acknowledgeOurs sends the ACK to a 200 of an INVITE of ours.
func (l *Leg) acknowledgeOurs(ctx context.Context, invite *gosip.Request) error {
	l.mu.Lock()
	d := l.dialog
	l.mu.Unlock()
	return l.e.acknowledge(ctx, &d, invite)
}

// acknowledge sends the ACK to a 200 in a dialog, with the credentials of its INVITE (RFC 3261
// section 13.2.2.4).
func (e *Endpoint) acknowledge(ctx context.Context, d *dialog, invite *gosip.Request) error {
	ack := d.request(gosip.ACK, invite.CSeq().SeqNo)
	for _, name := range []string{"Authorization", "Proxy-Authorization"} {
		for _, h := range invite.GetHeaders(name) {
			ack.AppendHeader(gosip.HeaderClone(h))
		}
	}
	if err := e.aim(ctx, d, ack); err != nil {
		return err
	}
	return e.write(ack)
}
