package rtp

import (
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/dtmf"
	"github.com/hotline-cc/hotline/media/resample"
)

const (
	fixedHeader = 12
	// maxPacket is the largest datagram read, in bytes.
	maxPacket = 2048
)

// receiver is the incoming half of a session. The readers of its sockets and its ticks share it
// under one lock, held for a packet or a frame at a time.
type receiver struct {
	log    *slog.Logger
	format media.Format // of the session
	onKey  func(dtmf.Event)
	onRTP  func(sent bool, at time.Time, h *rtp.Header, payload []byte)

	mu        sync.Mutex
	origin    time.Time // times of the playout count from here
	terms     Terms
	source    source
	aim       atomic.Pointer[netip.AddrPort] // the source's target
	srtp      *srtp.Context
	reception reception
	playout   playout
	keys      *dtmf.Receiver
	resample  *resample.Resampler
	frame     []int16 // a tick in the session's format
	wanted    bool    // somebody listens to the sound
	resting   bool    // the playout is, as nobody does
	route     *Forwarding
	passed    window
	ours      uint32 // our SSRC
	collided  bool   // the peer has our SSRC; the sender is to choose another
	moved     bool   // it has done so once: what still comes is our own

	packet    rtp.Packet
	plain     []byte
	report    []byte // in the clear
	events    []dtmf.Event
	count     Count
	forwarded Count
	discarded Discards

	lates, duplicates, reordered uint64 // of streams as they arrived

	reported     uint32 // middle of the NTP time of the peer's last report, 0 for none
	reportedAt   time.Time
	about        block
	remoteLost   float64
	remoteJitter time.Duration
	roundTrip    time.Duration
}

// agree takes new terms, which are valid. A forwarding that does not fit them ends, and is returned.
func (r *receiver) agree(t Terms, now time.Time) (unfit *Forwarding, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !t.ReceiveKey.equal(r.terms.ReceiveKey) {
		context, err := t.ReceiveKey.context()
		if err != nil {
			return nil, err
		}
		r.srtp = context
	}
	if r.keys == nil || t.KeyClock != r.terms.KeyClock {
		keys, err := dtmf.NewReceiver(t.KeyClock)
		if err != nil {
			return nil, err
		}
		r.keys = keys
	}
	if t.Codec.PCMRate != r.terms.Codec.PCMRate {
		converter, err := resample.New(t.Codec.PCMRate, r.format.Rate)
		if err != nil {
			return nil, err
		}
		r.resample = converter
	}
	r.source.expect(t.Remote, now)
	r.redirect()
	if t.Codec != r.terms.Codec || t.Decoder != r.terms.Decoder {
		r.playout.use(t.Codec, t.Decoder)
		r.reception.reset(t.Codec.RTPClock)
	}
	if r.route != nil && !r.route.carries(t.Codec) {
		unfit, r.route = r.route, nil
	}
	r.terms = t
	return unfit, nil
}

// datagram takes what came on a socket; reports tells the RTCP one.
func (r *receiver) datagram(b []byte, from netip.AddrPort, now time.Time, reports bool) {
	from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
	r.mu.Lock()
	p := passing{begun: r.events[:0]}
	var route *Forwarding
	switch {
	case len(b) < rtcpHeader+4 || b[0]>>6 != 2:
		r.discarded.Malformed++
	case reports:
		r.feedback(b, from, now, from.Addr() == r.source.target().Addr())
	case b[1] >= 192 && b[1] <= 223: // RFC 5761 section 4
		r.feedback(b, from, now, r.terms.Mux && from == r.source.target())
	default:
		if r.media(b, from, now, &p) {
			route = r.route
		}
	}
	r.events = p.begun
	r.mu.Unlock()
	// Only the reader of the RTP socket gets packets, so they stay its own after the lock. Two
	// sessions that forward to each other must not wait for each other.
	if route != nil {
		route.to.out.pass(route, &p)
	}
	if r.onKey != nil {
		for _, e := range p.begun {
			r.onKey(e)
		}
	}
}

// media takes an RTP packet, fills in p and reports whether it may be passed on.
func (r *receiver) media(b []byte, from netip.AddrPort, now time.Time, p *passing) bool {
	if !r.source.admits(from, now) {
		r.discarded.ForeignSource++
		return false
	}
	if !r.open(b) {
		return false
	}
	h := &r.packet.Header
	switch r.source.judge(from, h.SSRC, h.SequenceNumber, now, r.srtp != nil) {
	case foreignStream:
		r.discarded.ForeignStream++
		return false
	case onProbation:
		r.discarded.Unproven++
		return false
	case newStream:
		r.log.Info("hear the peer", "from", from, "ssrc", h.SSRC)
		r.redirect()
		r.begin()
	}
	arrival := now.Sub(r.origin)
	seq, restarted, ok := r.reception.packet(h.SequenceNumber, h.Timestamp, arrival)
	if !ok {
		r.discarded.OutOfLine++
		return false
	}
	if restarted {
		r.playout.restart()
		r.keys.Reset()
		r.passed = window{}
	}
	r.count.add(len(r.packet.Payload))
	if r.onRTP != nil {
		r.onRTP(false, now, h, r.packet.Payload)
	}
	p.seq, p.header, p.payload, p.at, p.fresh = seq, h, r.packet.Payload, now, restarted
	if p.key = h.PayloadType != r.terms.ReceiveType; p.key {
		p.keyClock = r.terms.KeyClock
		r.key(p)
	} else if r.route == nil || r.wanted {
		r.play(p, arrival)
	}
	if r.route == nil {
		return false
	}
	if !r.passed.take(seq) {
		if !r.wanted && !p.key {
			r.duplicates++
		}
		return false
	}
	r.forwarded.add(len(p.payload))
	return true
}

// play puts a packet into the jitter buffer.
func (r *receiver) play(p *passing, arrival time.Duration) {
	switch r.playout.buffer.insert(p.seq, p.header.Timestamp, p.payload, arrival) {
	case late:
		r.lates++
	case duplicate:
		r.duplicates++
	}
}

// open reads the packet in b into r.packet, in the clear, when it is one we want.
func (r *receiver) open(b []byte) bool {
	h := &r.packet.Header
	n, err := h.Unmarshal(b)
	if err != nil {
		r.discarded.Malformed++
		return false
	}
	switch {
	case h.PayloadType != r.terms.ReceiveType && (h.PayloadType != r.terms.KeyReceiveType || h.PayloadType == 0):
		r.discarded.PayloadType++
		return false
	case h.SSRC == r.ours:
		r.discarded.Looped++
		r.collided = !r.moved
		return false
	case !r.terms.Direction.Receives():
		r.discarded.OnHold++
		return false
	}
	if r.srtp != nil {
		if b, err = r.srtp.DecryptRTP(r.plain[:0], b, h); err != nil {
			r.refused(err)
			return false
		}
		r.plain = b
	}
	payload, ok := unpad(b[n:], h.Padding)
	if !ok {
		r.discarded.Malformed++
		return false
	}
	r.packet.Payload = payload
	return true
}

// unpad cuts the padding off a payload (RFC 3550 section 5.1).
func unpad(payload []byte, padded bool) ([]byte, bool) {
	if !padded {
		return payload, true
	}
	if len(payload) == 0 {
		return nil, false
	}
	n := int(payload[len(payload)-1])
	if n == 0 || n > len(payload) {
		return nil, false
	}
	return payload[:len(payload)-n], true
}

// refused counts a packet that SRTP did not let through. It never ends a call: anybody can send
// such a packet.
func (r *receiver) refused(err error) {
	if errors.Is(err, srtp.ErrFailedToVerifyAuthTag) {
		r.discarded.Unauthenticated++
		if r.discarded.Unauthenticated == 1 {
			r.log.Warn("a packet with a wrong SRTP tag came; such are dropped")
		}
		return
	}
	r.discarded.Replayed++
}

// begin prepares for the first packet of a stream.
func (r *receiver) begin() {
	r.reordered += r.reception.reordered
	r.reception.reset(r.terms.Codec.RTPClock)
	r.playout.restart()
	r.keys.Reset()
	r.reported = 0
}

// key takes a telephone-event and fills in the keys it begins.
func (r *receiver) key(p *passing) {
	events, err := r.keys.Receive(p.begun, p.header.Timestamp, p.header.Marker, p.payload, p.at)
	if err != nil {
		r.discarded.Keys++
	}
	p.begun = events
}

// feedback takes an RTCP packet. It never teaches a source and a goodbye in it ends nothing: SIP
// does that.
func (r *receiver) feedback(b []byte, from netip.AddrPort, now time.Time, admitted bool) {
	if !admitted {
		r.discarded.ForeignSource++
		return
	}
	if r.srtp != nil {
		var err error
		if b, err = r.srtp.DecryptRTCP(r.report[:0], b, nil); err != nil {
			r.refused(err)
			return
		}
		r.report = b
	}
	f, err := parseFeedback(b, r.ours, &r.about)
	if err != nil {
		r.discarded.Malformed++
		return
	}
	if r.source.locked.IsValid() && f.ssrc != r.source.ssrc {
		r.discarded.ForeignStream++
		return
	}
	if f.reported {
		r.reported, r.reportedAt = f.ntp, now
	}
	if f.about == nil {
		return
	}
	r.remoteLost = float64(f.about.fraction) / 256
	r.remoteJitter = time.Duration(f.about.jitter) * time.Second / time.Duration(r.terms.Codec.RTPClock)
	if trip, ok := f.about.roundTrip(now); ok {
		r.roundTrip = trip
	}
}

// tick returns the next tick of the peer's sound in the session's format and whether some of it
// stands in for lost packets. The slice is valid until the next call. What is forwarded and not
// wanted is nil.
func (r *receiver) tick(now time.Time, wanted bool) (pcm []int16, masked bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wanted = wanted
	if r.route != nil && !wanted {
		if !r.resting {
			r.playout.restart()
			r.resting = true
		}
		return nil, false
	}
	r.resting = false
	pcm, masked = r.playout.tick(now.Sub(r.origin))
	r.frame = r.resample.Process(r.frame[:0], pcm)
	return r.frame, masked
}

// target returns where our media goes. It takes no lock: each packet that is forwarded asks.
func (r *receiver) target() netip.AddrPort { return *r.aim.Load() }

// redirect makes target return what the source tells.
func (r *receiver) redirect() {
	to := r.source.target()
	r.aim.Store(&to)
}

// reportTarget returns where our reports go: where the SDP says, or beside the media when the peer
// turned out to be elsewhere.
func (r *receiver) reportTarget() netip.AddrPort {
	r.mu.Lock()
	defer r.mu.Unlock()
	to := r.source.target()
	switch {
	case r.terms.Mux:
		return to
	case r.terms.RemoteRTCP.IsValid() && to.Addr() == r.terms.Remote.Addr():
		return r.terms.RemoteRTCP
	}
	return next(to)
}

// expectOthers tells the receiver our SSRC.
func (r *receiver) expectOthers(ours uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ours = ours
}

// takeCollision reports once that our SSRC is also the peer's.
func (r *receiver) takeCollision() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.collided
	r.moved, r.collided = r.moved || taken, false
	return taken
}

// block fills in what a report tells about the peer's stream and reports whether there is one.
func (r *receiver) block(b *block, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.reception.begun {
		return false
	}
	*b = block{
		ssrc:     r.source.ssrc,
		fraction: r.reception.fraction(),
		lost:     r.reception.lost(),
		highest:  uint32(r.reception.highest - firstCycle),
		jitter:   uint32(r.reception.jitter),
		last:     r.reported,
	}
	if r.reported != 0 {
		b.since = uint32(now.Sub(r.reportedAt) * (1 << 16) / time.Second)
	}
	return true
}

// stats fills in what this half knows.
func (r *receiver) stats(s *Stats) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := &r.playout
	s.Received, s.Forwarded, s.Remote, s.Discarded = r.count, r.forwarded, r.source.locked, r.discarded
	s.Discarded.Undecodable = p.undecodable
	s.Expected, s.Lost = r.reception.expected(), r.reception.lost()
	s.Late, s.Duplicated = r.lates+p.tooLate, r.duplicates
	s.Reordered = r.reordered + r.reception.reordered
	s.Jitter, s.RoundTrip = r.reception.jitterTime(), r.roundTrip
	s.RemoteLost, s.RemoteJitter = r.remoteLost, r.remoteJitter
	s.Target, s.Waiting = p.buffer.target, p.buffer.waiting()
	s.Concealed, s.Stretched, s.Shortened, s.RanDry = p.concealed, p.stretched, p.shortened, p.ranDry
	s.rate(r.terms.Codec.Name)
}
