package sip

import (
	"context"
	"math/rand/v2"
	"strconv"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media/rtp"
	"github.com/hotline-cc/hotline/sip/screen"
)

// reinvited serves a re-INVITE: another offer, or a refresh.
func (l *Leg) reinvited(req *gosip.Request, tx *gosip.ServerTx) {
	if !l.tryTalk(req, tx) {
		return
	}
	defer l.endTalk()
	i, ok := l.e.sessionInterval(req, tx)
	if !ok {
		return
	}
	described, ours, err := l.respondTo(req)
	if err != nil {
		l.e.refuse(tx, req, StatusOf(hotline.CodeOf(err)))
		return
	}
	res := l.success(req, i)
	body(res, ours)
	ack, err := l.repeat(l.ctx, tx, res, l.expectAck(req))
	if err == nil && !described {
		err = l.answerIn(ack)
	}
	if err != nil {
		l.hangup(l.e.running, Ending{By: "network", Reason: err.Error()})
		return
	}
	l.keepAlive(i)
}

// respondTo makes our side of what a request begins: the answer to its offer, which is in force
// then, or an offer when it has none.
func (l *Leg) respondTo(req *gosip.Request) (described bool, ours []byte, err error) {
	offer, err := description(req)
	if err != nil {
		return false, nil, err
	}
	if offer == nil {
		ours, err = l.nego.Offer(l.direction())
		return false, ours, err
	}
	ours, terms, err := l.nego.Answer(offer)
	if err != nil {
		return true, nil, err
	}
	return true, ours, l.agree(terms)
}

// answerIn takes the answer to our offer out of a message.
func (l *Leg) answerIn(m header) error {
	answer, err := description(m)
	if err != nil {
		return err
	}
	if answer == nil {
		return hotline.Errorf("read answer", hotline.CodeInvalid, "no session description")
	}
	terms, err := l.nego.Accept(answer)
	if err != nil {
		return err
	}
	return l.agree(terms)
}

// success builds a 200 to a request that may refresh the dialog.
func (l *Leg) success(req *gosip.Request, i interval) *gosip.Response {
	res := response(req, gosip.StatusOK, "")
	l.mu.Lock()
	l.dialog.refresh(req)
	res.AppendHeader(&gosip.ContactHeader{Address: *l.dialog.contact.Clone()})
	l.mu.Unlock()
	set(res, "Allow", screen.Allow)
	set(res, "Supported", screen.Supported)
	i.announce(res, req)
	return res
}

// updated serves an UPDATE (RFC 3311).
func (l *Leg) updated(req *gosip.Request, tx *gosip.ServerTx) {
	i, ok := l.e.sessionInterval(req, tx)
	if !ok {
		return
	}
	var ours []byte
	if len(req.Body()) > 0 {
		if !l.tryTalk(req, tx) {
			return
		}
		defer l.endTalk()
		var err error
		if _, ours, err = l.respondTo(req); err != nil {
			l.e.refuse(tx, req, StatusOf(hotline.CodeOf(err)))
			return
		}
	}
	res := l.success(req, i)
	body(res, ours)
	if err := l.e.respond(tx, res); err != nil {
		l.log.Debug("UPDATE not answered", "err", err)
		return
	}
	l.mu.Lock()
	confirmed := l.confirmed
	l.mu.Unlock()
	if confirmed {
		l.keepAlive(i)
	}
}

// tryTalk begins an exchange that the peer wants, or refuses because another is under way (RFC 3261
// section 14.2, RFC 3311 section 5.2).
func (l *Leg) tryTalk(req *gosip.Request, tx *gosip.ServerTx) bool {
	select {
	case l.talk <- struct{}{}:
		return true
	default:
	}
	l.mu.Lock()
	ours, ack := l.offering, l.ack
	l.mu.Unlock()
	if ours {
		l.e.refuse(tx, req, gosip.StatusRequestPending)
		return false
	}
	if ack != nil && ack.settled() { // the exchange before is over but for us to notice
		select {
		case l.talk <- struct{}{}:
			return true
		case <-time.After(gosip.T1):
		case <-l.ctx.Done():
		}
	}
	l.e.refuse(tx, req, gosip.StatusInternalServerError, gosip.NewHeader("Retry-After", strconv.Itoa(rand.IntN(10))))
	return false
}

// beginTalk begins an exchange that we want.
func (l *Leg) beginTalk(ctx context.Context) error {
	select {
	case l.talk <- struct{}{}:
	case <-ctx.Done():
		return &hotline.Error{Op: "await other offer", Code: hotline.CodeTimeout, Err: ctx.Err()}
	case <-l.ctx.Done():
		return hotline.Errorf("make an offer", hotline.CodeConflict, "the call has ended")
	}
	l.setOffering(true)
	return nil
}

func (l *Leg) endTalk() {
	l.setOffering(false)
	<-l.talk
}

func (l *Leg) setOffering(ours bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.offering = ours
}

// direction is which way we want sound to go.
func (l *Leg) direction() rtp.Direction {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.hold {
		return rtp.SendOnly
	}
	return rtp.SendRecv
}
