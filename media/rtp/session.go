// Package rtp carries the sound of one leg: RTP (RFC 3550, profile RFC 3551) over UDP, plain or as
// SRTP (RFC 3711), with reports (RTCP), telephone keys (RFC 4733) and an adaptive jitter buffer.
//
//	socket ─► source ─► SRTP ─► jitter buffer ─► decoder ─► Sink       each media.Tick
//	socket ◄───────── SRTP ◄─────── packets ◄── encoder ◄─ Source
//
// Packets are believed only when they come from where the peer's SDP says, or from a source learnt
// in a short window at the start.
package rtp

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/dtmf"
	"github.com/hotline-cc/hotline/media/pace"
)

// reportEvery is the mean time between our reports; the first comes after half of it
// (RFC 3550 section 6.2).
const reportEvery = 5 * time.Second

// Session is the media of one leg. On each Tick it hands one frame to the Sink and sends one of
// the Source's. Its methods are safe for concurrent use, but Tick only with the others.
type Session struct {
	format media.Format
	pacer  *pace.Pacer
	rtp    Conn
	rtcp   Conn
	clock  media.Clock
	log    *slog.Logger
	cname  string
	onKey  func(dtmf.Event)
	tones  *dtmf.Detector // nil when keys are not listened for

	terms  atomic.Pointer[Terms]
	sink   atomic.Pointer[media.Sink]
	source atomic.Pointer[media.Source]

	in  receiver
	out sender

	tired  chan struct{} // tells that ticks do nothing
	roused chan struct{} // tells that they may do something again

	// These belong to Tick.
	begun    time.Time // the first tick
	ticks    int64     // before the one running
	outgoing []int16
	reportAt time.Time
	report   []byte
	sent     sending
	heard    block
}

// New returns a Session that is ready to run. Its Format stays that of the first codec, whatever
// Update changes.
func New(cfg Config) (*Session, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	now := cfg.Clock.Now()
	format := media.Mono(cfg.Terms.Codec.PCMRate)
	s := &Session{
		format: format, pacer: cfg.Pacer, rtp: cfg.RTP, rtcp: cfg.RTCP, clock: cfg.Clock, log: cfg.Log,
		cname: cfg.CNAME, onKey: cfg.OnKey,
		ticks: -1, outgoing: make([]int16, format.TickSamples()), report: make([]byte, 0, maxPacket),
		tired: make(chan struct{}, 1), roused: make(chan struct{}, 1),
		in: receiver{
			log: cfg.Log, format: format, onKey: cfg.OnKey, onRTP: cfg.OnPacket, origin: now,
			source: source{learning: cfg.Learning, window: cfg.LearnWindow},
			plain:  make([]byte, 0, maxPacket),
		},
		out: sender{conn: cfg.RTP, clock: cfg.Clock, format: format, onRTP: cfg.OnPacket, told: cfg.SSRC},
	}
	s.in.playout.buffer.cfg = cfg.Jitter
	s.in.frame = make([]int16, 0, format.TickSamples())
	if cfg.ListenForTones {
		if s.tones, err = dtmf.NewDetector(format.Rate); err != nil {
			return nil, err
		}
	}
	if err := s.agree(cfg.Terms, now); err != nil {
		return nil, err
	}
	return s, nil
}

// Format returns the format of the frames given to the Sink and asked of the Source.
func (s *Session) Format() media.Format { return s.format }

// SetSink makes sink take the peer's sound from the next tick on; nil lets it drop. An error is
// returned when its format is not the session's. Sinks must not call Update, Stats or SendKeys.
func (s *Session) SetSink(sink media.Sink) error {
	if sink == nil {
		s.sink.Store(nil)
		return nil
	}
	if sink.Format() != s.format {
		return fmt.Errorf("sink takes %v, the session has %v", sink.Format(), s.format)
	}
	s.sink.Store(&sink)
	signal(s.roused)
	return nil
}

// SetSource makes source give our sound from the next tick on; nil sends silence.
func (s *Session) SetSource(source media.Source) error {
	if source == nil {
		s.source.Store(nil)
		return nil
	}
	if source.Format() != s.format {
		return fmt.Errorf("source gives %v, the session has %v", source.Format(), s.format)
	}
	s.source.Store(&source)
	return nil
}

// Update takes what a later offer and answer agreed on: another peer, codec, direction or key. The
// timeline goes on. It opens a new window for learning the peer's source, unless the peer is still
// where it was and has just been heard.
func (s *Session) Update(t Terms) error {
	old := s.terms.Load()
	if t.Encoder == nil {
		t.Encoder = old.Encoder
	}
	if t.Decoder == nil {
		t.Decoder = old.Decoder
	}
	t, err := t.withDefaults()
	if err != nil {
		return err
	}
	if t.Codec != old.Codec && (t.Encoder == old.Encoder || t.Decoder == old.Decoder) {
		return fmt.Errorf("terms: codec %v needs its own Encoder and Decoder", t.Codec)
	}
	return s.agree(t, s.clock.Now())
}

func (s *Session) agree(t Terms, now time.Time) error {
	route, err := s.in.agree(t, now)
	if err != nil {
		return err
	}
	feed, err := s.out.agree(t)
	if err != nil {
		endAll(errCodec, route)
		return err
	}
	s.in.expectOthers(s.out.ssrc())
	s.terms.Store(&t)
	endAll(errCodec, route, feed)
	return nil
}

// SendKeys queues telephone keys as RFC 4733 events, each held down for a time of 40…1000 ms; 0
// means dtmf.DefaultPressed. It fails when the peer has not agreed to such events.
func (s *Session) SendKeys(pressed time.Duration, keys ...dtmf.Key) error {
	defer signal(s.roused)
	return s.out.queue(pressed, keys)
}

// Stats returns a snapshot.
func (s *Session) Stats() Stats {
	var st Stats
	s.in.stats(&st)
	s.out.stats(&st)
	return st
}

// Run receives until ctx ends, which it returns nil for, and says goodbye. With a Pacer it also
// sends. It does not close the sockets.
func (s *Session) Run(ctx context.Context) error {
	defer func() { endAll(errEnded, s.in.forwarding(), s.out.forwarding()) }()
	running, ctx := errgroup.WithContext(ctx)
	running.Go(func() error { return s.receive(ctx, s.rtp, false) })
	if s.rtcp != nil {
		running.Go(func() error { return s.receive(ctx, s.rtcp, true) })
	}
	if s.pacer != nil {
		running.Go(func() error {
			s.keepPace(ctx)
			return nil
		})
	}
	err := running.Wait()
	if s.pacer != nil {
		s.sendReport(s.clock.Now(), true)
	}
	return err
}

// receive takes what comes on a socket until ctx ends.
func (s *Session) receive(ctx context.Context, conn Conn, reports bool) error {
	if c, ok := conn.(polled); ok {
		stop, err := c.serve(func(b []byte, from netip.AddrPort) { s.in.datagram(b, from, s.clock.Now(), reports) })
		if err != nil {
			return err
		}
		<-ctx.Done()
		stop()
		return nil
	}
	defer context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })()
	buffer := make([]byte, maxPacket)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buffer)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("receive media: %w", err)
		}
		s.in.datagram(buffer[:n], from, s.clock.Now(), reports)
	}
}

// Tick moves one tick of sound each way. now is when it was due: a multiple of media.Tick after the
// first, to within half a tick. A multiple left out is a pause in both directions.
func (s *Session) Tick(now time.Time) {
	jumped := s.count(now)
	s.hear(now)
	s.speak(jumped)
	if s.in.takeCollision() {
		s.sendReport(now, true)
		s.out.restart()
		s.in.expectOthers(s.out.ssrc())
	}
	if s.reportAt.IsZero() {
		s.reportAt = now.Add(spread(reportEvery / 2))
	}
	s.tell(now)
	if s.idle() {
		signal(s.tired)
	}
}

// tell sends a report when it is due.
func (s *Session) tell(now time.Time) {
	if now.Before(s.reportAt) {
		return
	}
	s.reportAt = now.Add(spread(reportEvery))
	s.sendReport(now, false)
}

// count moves the timeline to now and reports whether ticks were left out.
func (s *Session) count(now time.Time) (jumped bool) {
	if s.begun.IsZero() {
		s.begun = now
		s.out.begunAt(now)
	}
	next := s.ticks + 1
	s.ticks = max(next, int64((now.Sub(s.begun)+media.Tick/2)/media.Tick))
	return s.ticks != next
}

// hear hands the peer's sound of this tick to the Sink.
func (s *Session) hear(now time.Time) {
	sink := s.sink.Load()
	listening := s.tones != nil && s.onKey != nil
	pcm, masked := s.in.tick(now, sink != nil || listening)
	if listening {
		if e, ok := s.tones.Process(pcm, now); ok {
			s.onKey(e)
		}
	}
	if sink == nil {
		return
	}
	frame := media.Frame{PCM: pcm, At: time.Duration(s.ticks) * media.Tick, Concealed: masked}
	if err := (*sink).WriteFrame(frame); err != nil {
		s.sink.CompareAndSwap(sink, nil)
		s.log.Warn("the sink of the sound has ended", "err", err)
	}
}

// speak sends our sound of this tick, silence where the Source has none. The Source is not asked
// while another session is forwarded to this one.
func (s *Session) speak(jumped bool) {
	spoke := false
	if source := s.source.Load(); source != nil && s.out.forwarding() == nil {
		spoke = (*source).ReadFrame(s.outgoing)
	}
	if !spoke {
		clear(s.outgoing)
	}
	s.out.tick(s.ticks, jumped, s.outgoing, s.in.target())
}

// sendReport sends a compound RTCP packet, a last one with a goodbye.
func (s *Session) sendReport(now time.Time, bye bool) {
	terms := s.terms.Load()
	conn, to := s.rtcp, s.in.reportTarget()
	if terms.Mux {
		conn = s.rtp
	}
	if conn == nil || !to.IsValid() || to.Port() == 0 || to.Addr().IsUnspecified() {
		return
	}
	var sent *sending
	ssrc, sending := s.out.sending(&s.sent, max(s.ticks, 0))
	if sending {
		sent = &s.sent
	}
	var heard *block
	if s.in.block(&s.heard, now) {
		heard = &s.heard
	}
	s.report = appendReport(s.report[:0], ssrc, sent, heard)
	s.report = appendName(s.report, ssrc, s.cname)
	if bye {
		s.report = appendBye(s.report, ssrc)
	}
	s.out.report(conn, s.report, to)
}

// spread returns a time of 0.5…1.5 d, so that reports of many sessions do not coincide.
func spread(d time.Duration) time.Duration { return d/2 + rand.N(d) }

// next is the RTCP port that goes with an RTP address.
func next(a netip.AddrPort) netip.AddrPort {
	if !a.IsValid() || a.Port() == 0 || a.Port() == 65535 {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(a.Addr(), a.Port()+1)
}
