package sip

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// provisional takes a provisional response to our INVITE.
func (a *attempt) provisional(res *gosip.Response) {
	if toTag(res) == "" {
		return // 100, or of no dialog
	}
	a.join(res)
	if res.StatusCode == gosip.StatusRinging && !a.rang {
		a.rang = true
		if a.dial.Ringing != nil {
			a.dial.Ringing()
		}
	}
	if !a.confirmProvisional(res) || len(res.Body()) == 0 {
		return
	}
	if err := a.leg.answerIn(res); err != nil {
		a.leg.log.Info("早期媒体不可用 · early sound not usable", "err", err)
		return
	}
	if !a.early && a.dial.Early != nil {
		a.early = true
		a.dial.Early(a.leg)
	}
}

// confirmProvisional sends the PRACK for a reliable response. It returns false for one that came
// before or out of turn (RFC 3262 section 4).
func (a *attempt) confirmProvisional(res *gosip.Response) bool {
	if !lists(res, "100rel", "Require") {
		return true
	}
	seq, err := strconv.ParseUint(strings.TrimSpace(text(res, "RSeq")), 10, 32)
	if err != nil || a.rseq != 0 && uint32(seq) != a.rseq+1 {
		return false
	}
	a.rseq = uint32(seq)
	l, number := a.leg, strconv.FormatUint(uint64(res.CSeq().SeqNo), 10)
	rack := strconv.FormatUint(seq, 10) + " " + number + " INVITE"
	l.e.tasks.run(func() {
		answer, err := l.ask(l.ctx, gosip.PRACK, func(req *gosip.Request) { set(req, "RAck", rack) })
		if err == nil && !answer.IsSuccess() {
			err = refusal("confirm provisional response", answer)
		}
		if err != nil && l.ctx.Err() == nil {
			l.log.Info("PRACK not answered", "err", err)
		}
	})
	return true
}

// abandon gives an unanswered INVITE up. It returns at once; the CANCEL, which may be sent only after
// a provisional response, and what comes of it are seen to behind the caller's back.
func (a *attempt) abandon() {
	tx, req, heard := a.tx, a.req, a.heard
	if !a.e.tasks.run(func() { a.giveUp(tx, req, heard) }) {
		tx.Terminate()
	}
}

func (a *attempt) giveUp(tx *gosip.ClientTx, req *gosip.Request, heard bool) {
	defer tx.Terminate()
	var over <-chan time.Time
	cancelNow := func() {
		over = time.After(64 * gosip.T1)
		a.e.tasks.run(func() { a.sendCancel(req) })
	}
	if heard {
		cancelNow()
	}
	for {
		select {
		case res := <-tx.Responses():
			switch {
			case res.IsSuccess():
				a.decline(req, res)
				return
			case !res.IsProvisional():
				return
			case over == nil:
				cancelNow()
			}
		case <-tx.Done():
			return
		case <-over:
			return
		case <-a.e.running.Done():
			return
		}
	}
}

// sendCancel sends a CANCEL: a transaction of its own on the branch of the INVITE (RFC 3261 section
// 9.1).
func (a *attempt) sendCancel(invite *gosip.Request) {
	req := newRequest(gosip.CANCEL, *invite.Recipient.Clone())
	req.PrependHeader(invite.Via().Clone())
	for _, name := range []string{"Route", "From", "To", "Call-ID"} {
		gosip.CopyHeaders(name, invite, req)
	}
	req.AppendHeader(&gosip.CSeqHeader{SeqNo: invite.CSeq().SeqNo, MethodName: gosip.CANCEL})
	req.SetTransport(invite.Transport())
	req.SetDestination(invite.Destination())
	req.SetSource(invite.Source())
	req.Laddr = invite.Laddr
	if _, err := a.e.exchange(a.e.running, req); err != nil {
		a.leg.log.Debug("CANCEL not answered", "err", err)
	}
}

// again takes a 200 that comes after the first: the same once more, or of another branch of a
// forked call, which is acknowledged and ended (RFC 3261 section 13.2.2.4).
func (a *attempt) again(invite *gosip.Request, res *gosip.Response) {
	l := a.leg
	l.mu.Lock()
	d, ended := l.dialog, l.ended
	l.mu.Unlock()
	if d.id.remote == toTag(res) && !ended {
		if err := a.e.acknowledge(l.ctx, &d, invite); err != nil {
			l.log.Debug("ACK not sent", "err", err)
		}
		return
	}
	a.decline(invite, res)
}

// decline ends a call that was answered although nobody waits for it any more.
func (a *attempt) decline(invite *gosip.Request, res *gosip.Response) {
	ctx, cancel := context.WithTimeout(a.e.running, byeTimeout())
	defer cancel()
	a.leg.mu.Lock()
	d := a.leg.dialog
	a.leg.mu.Unlock()
	d.answered(res)
	d.seq = a.leg.nextSeq()
	if err := a.e.acknowledge(ctx, &d, invite); err != nil {
		a.leg.log.Debug("ACK not sent", "err", err)
	}
	bye := d.request(gosip.BYE, d.seq)
	err := a.e.aim(ctx, &d, bye)
	if err == nil {
		_, err = a.e.exchange(ctx, bye)
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		a.leg.log.Debug("BYE not answered", "err", err)
	}
}
