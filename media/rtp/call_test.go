package rtp

import (
	"context"
	"math"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/g711"
)

// lawTerms returns terms of PCMA, to nowhere.
func lawTerms(t testing.TB) Terms {
	t.Helper()
	decoder, err := g711.NewDecoder(g711.ALaw)
	if err != nil {
		t.Fatal(err)
	}
	return Terms{
		Codec:   media.Codec{Name: "PCMA", PayloadType: 8, PCMRate: 8000, RTPClock: 8000, Channels: 1},
		Encoder: g711.NewEncoder(g711.ALaw), Decoder: decoder,
		SendType: 8, ReceiveType: 8, KeySendType: 101, KeyReceiveType: 101,
	}
}

// countingConn counts the datagrams written, and those read of which the reader is done.
type countingConn struct {
	Conn
	written, reads atomic.Int64
	loses          func() bool // whether the network loses the next datagram; nil never does
}

func (c *countingConn) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	c.reads.Add(1)
	return c.Conn.ReadFromUDPAddrPort(b)
}

func (c *countingConn) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if c.loses != nil && c.loses() {
		return len(b), nil
	}
	c.written.Add(1)
	return c.Conn.WriteToUDPAddrPort(b, to)
}

// done waits until n datagrams have been read and dealt with.
func (c *countingConn) done(t testing.TB, n int64) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); c.reads.Load() <= n; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d datagrams were read after 5 s, want %d", c.reads.Load()-1, n)
		}
	}
}

// hum is a steady tone.
type hum struct {
	hertz float64
	at    int
}

func (h *hum) Format() media.Format { return media.Mono(8000) }

func (h *hum) ReadFrame(pcm []int16) bool {
	for i := range pcm {
		pcm[i] = int16(8000 * math.Sin(2*math.Pi*h.hertz*float64(h.at)/8000))
		h.at++
	}
	return true
}

// ear keeps what it hears.
type ear struct {
	pcm    []int16
	frames []media.Frame // without their sound
	err    error
}

func (e *ear) Format() media.Format { return media.Mono(8000) }

func (e *ear) WriteFrame(f media.Frame) error {
	e.pcm = append(e.pcm, f.PCM...)
	f.PCM = nil
	e.frames = append(e.frames, f)
	return e.err
}

// pitch returns the frequency and the loudness of the last samples heard.
func (e *ear) pitch(samples int) (hertz, rms float64) {
	pcm := e.pcm[max(0, len(e.pcm)-samples):]
	rises, power := 0, 0.0
	for i, v := range pcm {
		power += float64(v) * float64(v)
		if i > 0 && pcm[i-1] < 0 && v >= 0 {
			rises++
		}
	}
	n := float64(max(len(pcm), 1))
	return float64(rises) * 8000 / n, math.Sqrt(power / n)
}

// party is one end of a call on loopback.
type party struct {
	*Session
	pair      *Pair
	rtp, rtcp *countingConn
	address   netip.AddrPort
	terms     Terms
	ear       ear
	hang      func() error // ends Run
}

// call is two sessions that talk to each other; their time passes by hand.
type call struct {
	t     *testing.T
	clock *handClock
	now   time.Time
	a, b  *party
}

const toneA, toneB = 440.0, 1000.0 // Hz

// newCall begins a call; change may change what its ends are made of.
func newCall(t *testing.T, change func(a, b *Config)) *call {
	t.Helper()
	c := &call{t: t, clock: newHandClock()}
	c.now = c.clock.Now()
	ports, err := NewPorts(PortsConfig{Address: loopback})
	if err != nil {
		t.Fatal(err)
	}
	configs := [2]Config{c.config(mustOpen(t, ports), "a"), c.config(mustOpen(t, ports), "b")}
	pairs := [2]*Pair{}
	for i := range configs {
		pairs[i] = configs[i].RTP.(*countingConn).Conn.(*pairConn).pair
	}
	for i := range configs {
		configs[i].Terms.Remote = netip.AddrPortFrom(loopback, pairs[1-i].Port)
	}
	if change != nil {
		change(&configs[0], &configs[1])
	}
	c.a, c.b = c.begin(configs[0], pairs[0], toneA), c.begin(configs[1], pairs[1], toneB)
	return c
}

// pairConn remembers whose socket it is.
type pairConn struct {
	Conn
	pair *Pair
}

func (c *call) config(pair *Pair, name string) Config {
	return Config{
		Terms: lawTerms(c.t), CNAME: name, Clock: c.clock,
		RTP:  &countingConn{Conn: &pairConn{pair.RTP, pair}},
		RTCP: &countingConn{Conn: &pairConn{pair.RTCP, pair}},
	}
}

func (c *call) begin(cfg Config, pair *Pair, hertz float64) *party {
	c.t.Helper()
	session, err := New(cfg)
	if err != nil {
		c.t.Fatal(err)
	}
	p := &party{
		Session: session, pair: pair, terms: cfg.Terms, address: netip.AddrPortFrom(loopback, pair.Port),
		rtp: cfg.RTP.(*countingConn), rtcp: cfg.RTCP.(*countingConn),
	}
	if err := p.SetSink(&p.ear); err != nil {
		c.t.Fatal(err)
	}
	if err := p.SetSource(&hum{hertz: hertz}); err != nil {
		c.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- session.Run(ctx) }()
	p.hang = sync.OnceValue(func() error { cancel(); return <-ended })
	c.t.Cleanup(func() { _ = p.hang() })
	return p
}

// pass lets d go by. All that is sent has arrived after each tick.
func (c *call) pass(d time.Duration) {
	c.t.Helper()
	for range d / media.Tick {
		c.now = c.now.Add(media.Tick)
		c.clock.pass(media.Tick)
		c.a.Tick(c.now)
		c.b.Tick(c.now)
		c.settle()
	}
}

func (c *call) settle() {
	c.t.Helper()
	c.a.rtp.done(c.t, c.b.rtp.written.Load())
	c.b.rtp.done(c.t, c.a.rtp.written.Load())
	c.a.rtcp.done(c.t, c.b.rtcp.written.Load())
	c.b.rtcp.done(c.t, c.a.rtcp.written.Load())
}

// wantHears wants that a party has heard a tone for the last 400 ms, or silence when hertz is 0.
func (p *party) wantHears(t *testing.T, hertz float64) {
	t.Helper()
	got, rms := p.ear.pitch(3200)
	if hertz == 0 {
		if rms > 50 {
			t.Errorf("%s hears %.0f Hz with an RMS of %.0f, want silence", p.cname, got, rms)
		}
		return
	}
	if math.Abs(got-hertz) > 10 || math.Abs(rms-8000/math.Sqrt2) > 300 {
		t.Errorf("%s hears %.0f Hz with an RMS of %.0f, want %.0f Hz with 5657", p.cname, got, rms, hertz)
	}
}

// wantBothHear wants that each hears the other.
func (c *call) wantBothHear() {
	c.t.Helper()
	c.a.wantHears(c.t, toneB)
	c.b.wantHears(c.t, toneA)
}
