package rtp

import (
	"strings"
	"sync"
	"time"

	"github.com/pion/rtp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/dtmf"
)

// Forwarding passes the packets of one session's peer to another's, undecoded and at once. See
// Session.Forward.
type Forwarding struct {
	from, to *Session
	codec    media.Codec

	once  sync.Once
	ended chan struct{}
	err   error // written before ended is closed
}

// Forward makes what the peer of s sends the sound of another session, instead of its Source. Both
// must have agreed on the same codec; payload types, packet times and SRTP may differ. The packets
// leave as a part of the other session's stream: losses stay gaps in its sequence numbers, keys go
// as telephone-events, or as nothing when the other peer takes none. While s has no Sink and does
// not listen for tones, nothing is decoded.
//
// A session forwards to one other and is fed by one at most. A call needs it in both directions.
// It ends by Stop, when a session's Run returns, and when an Update brings another codec.
func (s *Session) Forward(to *Session) (*Forwarding, error) {
	if s == to {
		return nil, errItself
	}
	f := &Forwarding{from: s, to: to, codec: s.terms.Load().Codec, ended: make(chan struct{})}
	if err := to.out.take(f); err != nil {
		return nil, err
	}
	if err := s.in.take(f); err != nil {
		to.out.release(f)
		return nil, err
	}
	return f, nil
}

// Stop ends it: the other session sends its Source from its next tick on. It may be called more
// than once.
func (f *Forwarding) Stop() { f.end(nil) }

// Done is closed when it has ended.
func (f *Forwarding) Done() <-chan struct{} { return f.ended }

// Err is why it ended, once Done is closed; nil after Stop.
func (f *Forwarding) Err() error { return f.err }

func (f *Forwarding) end(err error) {
	f.once.Do(func() {
		f.from.in.release(f)
		f.to.out.release(f)
		signal(f.from.roused)
		signal(f.to.roused)
		f.err = err
		close(f.ended)
	})
}

// endAll ends those there are.
func endAll(err error, all ...*Forwarding) {
	for _, f := range all {
		if f != nil {
			f.end(err)
		}
	}
}

// carries reports whether payloads of a codec may pass.
func (f *Forwarding) carries(c media.Codec) bool {
	return strings.EqualFold(f.codec.Name, c.Name) && f.codec.RTPClock == c.RTPClock && f.codec.Channels == c.Channels
}

var (
	errEnded  = hotline.Errorf("forward sound", hotline.CodeUnavailable, "a leg has ended")
	errCodec  = hotline.Errorf("forward sound", hotline.CodeUnsupported, "the legs have different codecs")
	errItself = hotline.Errorf("forward sound", hotline.CodeInvalid, "from a leg to itself")
	errTaken  = hotline.Errorf("forward sound", hotline.CodeConflict, "it is being forwarded already")
)

// passing is a packet on its way from one session to the other.
type passing struct {
	seq      int64 // unwrapped
	header   *rtp.Header
	payload  []byte
	at       time.Time
	fresh    bool         // the first of its stream
	key      bool         // a telephone-event
	keyClock int          // Hz
	begun    []dtmf.Event // the keys it begins
}

// take makes f get what is received.
func (r *receiver) take(f *Forwarding) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.route != nil:
		return errTaken
	case !f.carries(r.terms.Codec):
		return errCodec
	}
	r.route = f
	return nil
}

func (r *receiver) release(f *Forwarding) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.route == f {
		r.route = nil
	}
}

func (r *receiver) forwarding() *Forwarding {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.route
}

// joint is how a stream that is passed on fits into ours.
type joint struct {
	made    bool
	seq     uint16 // what is added to its sequence numbers
	time    uint32 // and to its timestamps
	first   int64  // its sequence number at the joint: those before it are not ours
	highest int64
	step    uint32    // timestamp units in a packet
	last    uint32    // timestamp of ours
	lastAt  time.Time // when it came
}

// take makes f the source of what is sent.
func (o *sender) take(f *Forwarding) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.feed != nil:
		return errTaken
	case !f.carries(o.terms.Codec):
		return errCodec
	}
	o.feed = f
	return nil
}

func (o *sender) release(f *Forwarding) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.feed == f {
		o.part(o.clock.Now())
		o.feed = nil
	}
}

func (o *sender) forwarding() *Forwarding {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.feed
}

// pass sends a packet that another session has received. Whatever is left out between two packets
// ends the joint, so that only what the network lost is a gap.
func (o *sender) pass(f *Forwarding, p *passing) {
	to := f.to.in.target()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.feed != f {
		return
	}
	payloadType := o.terms.SendType
	if p.key {
		payloadType = o.terms.KeySendType
		if payloadType != 0 && (p.keyClock != o.terms.KeyClock || p.keyClock != o.terms.Codec.RTPClock) {
			for _, e := range p.begun { // its timestamps and durations would mean something else
				_ = o.keys.Queue(0, e.Key)
			}
			signal(f.to.roused)
			payloadType = 0
		}
	}
	if !o.sends(to) || p.key && payloadType == 0 || o.keys.Waiting() > 0 {
		o.part(p.at)
		return
	}
	marker := p.header.Marker
	if !o.joint.made || p.fresh {
		o.join(p.seq, p.header.Timestamp, p.at)
		marker = true
	}
	j := &o.joint
	if p.seq < j.first {
		return // overtaken by the joint: its number is another packet's
	}
	seq, timestamp := uint16(p.seq)+j.seq, p.header.Timestamp+j.time
	if p.seq > j.highest {
		if step := timestamp - j.last; p.seq == j.highest+1 && step > 0 && step <= uint32(o.terms.Codec.RTPClock)/8 {
			j.step = step
		}
		j.highest, o.seq = p.seq, seq+1
		if !p.key {
			j.last, j.lastAt, o.edge = timestamp, p.at, timestamp+j.step
		}
	}
	o.write(seq, payloadType, timestamp, marker, p.payload, to)
}

// join makes a packet the next of our stream.
func (o *sender) join(seq int64, timestamp uint32, at time.Time) {
	next := o.next(at)
	if int32(o.edge-next) > 0 {
		next = o.edge
	}
	o.joint = joint{
		made: true, seq: o.seq - uint16(seq), time: next - timestamp, first: seq, highest: seq - 1,
		step: uint32(o.tickUnits), last: next - uint32(o.tickUnits), lastAt: at,
	}
}

// part ends a joint. Our own timeline goes on, but not before the end of what was sent.
func (o *sender) part(at time.Time) {
	if !o.joint.made {
		return
	}
	o.joint.made = false
	o.resumed = true
	if ahead := int32(o.edge - o.next(at)); ahead > 0 {
		o.base += uint32(ahead)
	}
}

// next returns the timestamp of the next tick after a time.
func (o *sender) next(at time.Time) uint32 {
	if o.begun.IsZero() {
		return o.base
	}
	return o.base + uint32((int64(at.Sub(o.begun)/media.Tick)+1)*o.tickUnits)
}

// window remembers which sequence numbers have passed, so that none passes twice: a key of SRTP
// must not protect the same index twice. The way it is kept is that of RFC 6479.
type window struct {
	highest int64
	passed  [8]uint64
}

// take reports whether a number has not passed, and notes it. Those far behind have.
func (w *window) take(seq int64) bool {
	const blocks = int64(len(w.passed))
	block := seq >> 6
	switch newest := w.highest >> 6; {
	case seq > w.highest:
		for b := newest + 1; b <= min(block, newest+blocks); b++ {
			w.passed[b%blocks] = 0
		}
		w.highest = seq
	case block <= newest-blocks:
		return false
	}
	bit := uint64(1) << (seq & 63)
	old := w.passed[block%blocks]
	w.passed[block%blocks] = old | bit
	return old&bit == 0
}
