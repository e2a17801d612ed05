package sip

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/dtmf"
	"github.com/hotline-cc/hotline/media/rtp"
	"github.com/hotline-cc/hotline/sip/sdp"
)

// Call says between whom a call is. Texts are the peer's own and may be anything.
type Call struct {
	CallID    string
	From      string // user part of the caller's address
	FromName  string // as displayed
	To        string // user part of what was dialled
	Source    netip.AddrPort
	Transport string // UDP, TCP or TLS
	Trunk     string // name of the trunk it came from or went to
	User      string // of the caller who proved to be one
	Outbound  bool
}

// Ending says how a call ended.
type Ending struct {
	By     string // "caller" is the peer, "system" we, "network" neither
	Status int    // of a refusal, 0 otherwise
	Reason string
}

// maxKeys is how many keys wait to be read. Those beyond are dropped and counted.
const maxKeys = 64

// Leg is one call with its sound. Its methods are safe for concurrent use.
type Leg struct {
	e      *Endpoint
	log    *slog.Logger
	call   Call
	permit *permit
	ctx    context.Context // ends when the call does
	cancel context.CancelFunc

	keys    chan dtmf.Event
	dropped atomic.Uint64 // keys
	merger  dtmf.Merger
	done    chan struct{}
	ending  Ending             // written before done is closed
	told    chan hotline.Ended // holds one
	holds   chan bool          // one, the latest

	// talk is held while an offer waits for its answer, in either direction.
	talk chan struct{}
	// These belong to whoever holds talk.
	nego *sdp.Negotiator
	pair *rtp.Pair

	mu        sync.Mutex
	dialog    dialog
	inv       *Invitation // of a call that came, until it is answered
	confirmed bool        // 200 was sent or taken
	leaving   bool        // hangup has begun
	ended     bool
	offering  bool // the offer that waits is ours
	hold      bool // by us
	session   *rtp.Session
	terms     rtp.Terms
	mediaDone chan struct{}
	ack       *pendingAck
	timer     sessionTimer
}

func (e *Endpoint) newLeg(call Call, p *permit) *Leg {
	ctx, cancel := context.WithCancel(e.running)
	return &Leg{
		e: e, call: call, permit: p, ctx: ctx, cancel: cancel,
		log:  e.log.With("call_id", printable(call.CallID, 100)),
		keys: make(chan dtmf.Event, maxKeys), done: make(chan struct{}), told: make(chan hotline.Ended, 1),
		holds: make(chan bool, 1), talk: make(chan struct{}, 1),
	}
}

// Call says between whom the call is.
func (l *Leg) Call() Call { return l.call }

// Keys gives each telephone key once, whichever way it came. It is never closed; see Done.
func (l *Leg) Keys() <-chan dtmf.Event { return l.keys }

// Done is closed when the signalling and the sound of the call have ended.
func (l *Leg) Done() <-chan struct{} { return l.done }

// Ended tells once how the call ended.
func (l *Leg) Ended() <-chan hotline.Ended { return l.told }

// Holds tells when the peer begins to hold, which is not to want our sound (RFC 3264 section 8.4), and when it ends
// that. Of what nobody has read only the latest is kept.
func (l *Leg) Holds() <-chan bool { return l.holds }

// Ending is what Ended tells, with the status. It may be asked once Done is closed.
func (l *Leg) Ending() Ending { return l.ending }

// finish ends the call. Only the first time counts; the others wait for it. It must not be called
// from a Sink or Source.
func (l *Leg) finish(end Ending) {
	l.mu.Lock()
	if l.ended {
		l.mu.Unlock()
		<-l.done
		return
	}
	l.ended = true
	id, mediaDone, pair := l.dialog.id, l.mediaDone, l.pair
	l.mu.Unlock()

	l.cancel()
	l.e.calls.remove(id, l)
	if mediaDone != nil {
		<-mediaDone
	}
	if pair != nil {
		_ = pair.Close()
	}
	l.ending = end
	l.permit.leave()
	l.told <- hotline.Ended{By: end.By, Reason: end.Reason}
	close(l.done)
	l.log.Debug("call ended", "by", end.By, "status", end.Status, "reason", end.Reason)
}

// Hangup ends the call and returns when it is Done, or with ctx's error.
func (l *Leg) Hangup(ctx context.Context, reason string) error {
	l.hangup(ctx, Ending{By: "system", Reason: reason})
	select {
	case <-l.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// byeTimeout is how long a BYE may take; the call is over for us then.
func byeTimeout() time.Duration { return 8 * gosip.T1 }

func (l *Leg) hangup(ctx context.Context, end Ending) {
	l.mu.Lock()
	in, confirmed, gone := l.inv, l.confirmed, l.leaving || l.ended
	l.leaving = true
	l.mu.Unlock()
	if gone {
		select {
		case <-l.done:
		case <-ctx.Done():
		}
		return
	}
	if !confirmed && in != nil {
		if in.Reject(hotline.CodeUnavailable) == nil {
			return
		}
		l.mu.Lock()
		confirmed = l.confirmed // it was answered in this moment, or refused
		l.mu.Unlock()
	}
	if confirmed {
		l.awaitAck(ctx)
		ctx, cancel := context.WithTimeout(ctx, byeTimeout())
		defer cancel()
		if _, err := l.ask(ctx, gosip.BYE, nil); err != nil {
			l.log.Debug("BYE not answered", "err", err)
		}
	}
	l.finish(end)
}

// ask sends a request in the dialog and returns the final response. fill completes the request.
func (l *Leg) ask(ctx context.Context, method gosip.RequestMethod, fill func(*gosip.Request)) (*gosip.Response, error) {
	l.mu.Lock()
	d := l.dialog
	l.mu.Unlock()
	req := d.request(method, l.nextSeq())
	if fill != nil {
		fill(req)
	}
	if err := l.e.aim(ctx, &d, req); err != nil {
		return nil, err
	}
	res, _, err := l.e.authorised(ctx, d.trunk, req, l.nextSeq, l.e.exchange)
	return res, err
}

func (l *Leg) nextSeq() uint32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dialog.seq++
	return l.dialog.seq
}

// inOrder checks and takes the number of a request of the peer (RFC 3261 section 12.2.2).
func (l *Leg) inOrder(req *gosip.Request) bool {
	seq := req.CSeq().SeqNo
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dialog.heardSeq && seq <= l.dialog.remoteSeq {
		return false
	}
	l.dialog.remoteSeq, l.dialog.heardSeq = seq, true
	return true
}

// byed serves a BYE.
func (l *Leg) byed(req *gosip.Request, tx *gosip.ServerTx) {
	if err := l.e.respond(tx, response(req, gosip.StatusOK, "")); err != nil {
		l.log.Debug("BYE not answered", "err", err)
	}
	l.mu.Lock()
	in := l.inv
	l.mu.Unlock()
	if in != nil {
		in.cancelled() // a caller may end a call by BYE before it is answered (RFC 3261 section 15)
	}
	l.finish(Ending{By: "caller", Reason: printable(text(req, "Reason"), 100)})
}

// informed serves an INFO, which may carry a key.
func (l *Leg) informed(req *gosip.Request, tx *gosip.ServerTx) {
	status := gosip.StatusOK
	if len(req.Body()) > 0 {
		event, err := dtmf.ParseInfo(text(req, "Content-Type"), req.Body())
		if err != nil {
			l.e.refuse(tx, req, gosip.StatusUnsupportedMediaType)
			return
		}
		event.At = l.e.clock.Now()
		l.pressed(event)
	}
	if err := l.e.respond(tx, response(req, status, "")); err != nil {
		l.log.Debug("INFO not answered", "err", err)
	}
}

// pressed takes a key from one of its ways. It must not block.
func (l *Leg) pressed(event dtmf.Event) {
	if !l.merger.Accept(event) {
		return
	}
	select {
	case l.keys <- event:
	default:
		l.dropped.Add(1)
		l.e.counters.keysDropped.Add(1)
	}
}

// SendKeys presses keys: as RFC 4733 events, or by INFO when the peer takes none. Each is held
// down for 40…1000 ms, 0 means dtmf.DefaultPressed. Events are queued, INFO waits for its answers.
func (l *Leg) SendKeys(pressed time.Duration, keys ...dtmf.Key) error {
	session, terms := l.media()
	if session == nil {
		return hotline.Errorf("send keys", hotline.CodeConflict, "the call has no sound yet")
	}
	if terms.KeySendType != 0 {
		return session.SendKeys(pressed, keys...)
	}
	if pressed == 0 {
		pressed = dtmf.DefaultPressed
	}
	for _, k := range keys {
		contentType, content := dtmf.Info(k, pressed)
		res, err := l.ask(l.ctx, gosip.INFO, func(req *gosip.Request) {
			h := gosip.ContentTypeHeader(contentType)
			req.AppendHeader(&h)
			req.SetBody(content)
		})
		if err != nil {
			return err
		}
		if !res.IsSuccess() {
			return refusal("send keys", res)
		}
	}
	return nil
}

// Codec is the codec in use, Format that of the frames the Sink gets and the Source gives. Format
// stays the same for the whole call.
func (l *Leg) Codec() media.Codec {
	_, terms := l.media()
	return terms.Codec
}
