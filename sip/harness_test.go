package sip

import (
	"context"
	"log/slog"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"
	"go.uber.org/goleak"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/codecs"
	"github.com/hotline-cc/hotline/media/pace"
	"github.com/hotline-cc/hotline/media/tone"
	"github.com/hotline-cc/hotline/sip/screen"
)

var loopback = netip.MustParseAddr("127.0.0.1")

func TestMain(m *testing.M) {
	gosip.SetTimers(50*time.Millisecond, 200*time.Millisecond, 100*time.Millisecond)
	gosip.SetDefaultLogger(slog.New(slog.DiscardHandler))
	goleak.VerifyTestMain(m)
}

// start runs an Endpoint on loopback until the test ends.
func start(t testing.TB, change func(*Config)) *Endpoint {
	t.Helper()
	pacer, err := pace.New(pace.Config{})
	if err != nil {
		t.Fatal(err)
	}
	generous := screen.Rate{PerSecond: 1e6, Burst: 1e6}
	cfg := Config{
		Listen: []Listen{{Network: UDP, Address: netip.AddrPortFrom(loopback, 0)}, {Network: TCP, Address: netip.AddrPortFrom(loopback, 0)}},
		Codecs: codecs.Default()[2:], // G.711 is enough and cheap
		Pacer:  pacer,
		Limits: Limits{Calls: 10000, SettingUp: 10000, CallsPerSecond: 1e6, Source: screen.LimiterConfig{Rate: generous, Trunk: generous}},
		Answer: func(ctx context.Context, in *Invitation) {
			l, err := in.Answer(ctx)
			if err == nil {
				<-l.Done()
			}
		},
	}
	if os.Getenv("SIP_LOG") != "" {
		cfg.Logger = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	cfg.Media.Address = loopback
	if change != nil {
		change(&cfg)
	}
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = pacer.Run(ctx) })
	failed := make(chan error, 1)
	running.Go(func() { failed <- e.Run(ctx) })
	select {
	case <-e.Ready():
	case err := <-failed:
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		running.Wait()
		if err := <-failed; err != nil {
			t.Error(err)
		}
	})
	return e
}

// within returns a context that lasts as long as a test should wait for anything.
func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func uriOf(e *Endpoint, network string) string {
	uri := "sip:hotline@" + e.Addr(network).String()
	if network != UDP {
		uri += ";transport=" + network
	}
	return uri
}

// ear is a Sink that listens for a tone.
type ear struct {
	format   media.Format
	detector tone.Detector
	heard    chan struct{} // closed after half a second of the tone

	mu    sync.Mutex
	ticks int
}

func newEar(t testing.TB, format media.Format, hz float64) *ear {
	d, err := tone.NewDetector(hz, format.Rate)
	if err != nil {
		t.Fatal(err)
	}
	return &ear{format: format, detector: d, heard: make(chan struct{})}
}

func (e *ear) Format() media.Format { return e.format }

func (e *ear) WriteFrame(f media.Frame) error {
	all := tone.MeanPower(f.PCM)
	if all < 1e4 || e.detector.Power(f.PCM) < all/2 {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ticks++; e.ticks == 25 {
		close(e.heard)
	}
	return nil
}

// sing makes a Leg send a tone.
func sing(t testing.TB, l *Leg, hz float64) {
	t.Helper()
	g, err := tone.NewGenerator(tone.Pattern{Hz: [2]float64{hz, 0}, Level: -20}, l.Format().Rate)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.SetSource(g); err != nil {
		t.Fatal(err)
	}
}

// hear waits until a Leg hears a tone.
func hear(t testing.TB, l *Leg, hz float64) {
	t.Helper()
	e := newEar(t, l.Format(), hz)
	if err := l.SetSink(e); err != nil {
		t.Fatal(err)
	}
	select {
	case <-e.heard:
	case <-within(t).Done():
		t.Fatalf("no tone of %g Hz is heard: %+v", hz, l.Stats())
	}
}

func await(t testing.TB, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-within(t).Done():
		t.Fatalf("%s did not happen", what)
	}
}

// answering gives the Legs of an Endpoint's calls, answered.
func answering(legs chan *Leg) func(context.Context, *Invitation) {
	return func(ctx context.Context, in *Invitation) {
		l, err := in.Answer(ctx)
		if err != nil {
			return
		}
		legs <- l
		<-l.Done()
	}
}
