package sip

import (
	"context"
	"sync"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/hotline-cc/hotline"
)

// pendingAck is the 200 to an INVITE that waits for its ACK.
type pendingAck struct {
	seq  uint32 // of the INVITE
	once sync.Once
	over chan struct{}  // closed when it has come, or nobody waits any more
	ack  *gosip.Request // nil then
}

func (p *pendingAck) settle(ack *gosip.Request) {
	p.once.Do(func() {
		p.ack = ack
		close(p.over)
	})
}

func (p *pendingAck) settled() bool {
	select {
	case <-p.over:
		return true
	default:
		return false
	}
}

func newPendingAck(invite *gosip.Request) *pendingAck {
	return &pendingAck{seq: invite.CSeq().SeqNo, over: make(chan struct{})}
}

// expectAck makes the ACK to a 200 arrive.
func (l *Leg) expectAck(invite *gosip.Request) *pendingAck {
	p := newPendingAck(invite)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ack = p
	return p
}

// acknowledge takes an ACK of the dialog and reports whether it belongs to a 200. It does not block.
func (l *Leg) acknowledge(ack *gosip.Request) bool {
	l.mu.Lock()
	p := l.ack
	l.mu.Unlock()
	if p == nil || p.seq != ack.CSeq().SeqNo {
		return false
	}
	p.settle(ack)
	return true
}

// awaitAck waits for an ACK that is due, because a callee sends no BYE before it (RFC 3261 section
// 15). Whoever repeats the 200 gives up in time.
func (l *Leg) awaitAck(ctx context.Context) {
	l.mu.Lock()
	p := l.ack
	l.mu.Unlock()
	if p == nil {
		return
	}
	select {
	case <-p.over:
	case <-ctx.Done():
	case <-l.ctx.Done():
	}
}

// repeat sends a 200 to an INVITE again and again until its ACK comes (RFC 3261 section 13.3.1.4).
// When ctx ends before, the ACK may still be waited for by another call of repeat.
func (l *Leg) repeat(ctx context.Context, tx *gosip.ServerTx, res *gosip.Response, p *pendingAck) (*gosip.Request, error) {
	const op = "await ACK"
	if p.settled() {
		return p.ack, nil
	}
	_ = l.e.respond(tx, res) // if it cannot be sent, no ACK comes
	over := time.NewTimer(64 * gosip.T1)
	defer over.Stop()
	wait := gosip.T1
	again := time.NewTimer(wait)
	defer again.Stop()
	for {
		select {
		case <-p.over:
			return p.ack, nil
		case <-again.C:
			_ = l.e.respond(tx, res) // on a stream the transaction may be gone already
			wait = min(2*wait, gosip.T2)
			again.Reset(wait)
		case <-over.C:
			p.settle(nil)
			return nil, hotline.Errorf(op, hotline.CodeTimeout, "none came")
		case <-l.ctx.Done():
			p.settle(nil)
			return nil, hotline.Errorf(op, hotline.CodeConflict, "the call has ended")
		case <-ctx.Done():
			return nil, &hotline.Error{Op: op, Code: hotline.CodeTimeout, Err: ctx.Err()}
		}
	}
}
