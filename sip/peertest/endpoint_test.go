package peertest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"
	"go.uber.org/goleak"

	"github.com/hotline-cc/hotline/internal/testkit/peer"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/pace"
	"github.com/hotline-cc/hotline/media/tone"
	"github.com/hotline-cc/hotline/sip"
	"github.com/hotline-cc/hotline/sip/screen"
)

// The tones that the two sides sing, in Hz.
const (
	ourTone  = 1000
	peerTone = 440
)

var loopback = netip.MustParseAddr("127.0.0.1")

func TestMain(m *testing.M) {
	gosip.SetDefaultLogger(slog.New(slog.DiscardHandler)) // the stack tells each closed connection as a warning
	goleak.VerifyTestMain(m)
}

// gateway is an Endpoint and the certificate it shows.
type gateway struct {
	*sip.Endpoint
	certificate []byte // PEM
}

// start runs an Endpoint on loopback until the test ends.
func start(t *testing.T, change func(*sip.Config)) gateway {
	t.Helper()
	pacer, err := pace.New(pace.Config{})
	if err != nil {
		t.Fatal(err)
	}
	here := netip.AddrPortFrom(loopback, 0)
	shown, trust, certificate := newCertificate(t)
	generous := screen.Rate{PerSecond: 1e6, Burst: 1e6}
	cfg := sip.Config{
		Listen: []sip.Listen{
			{Network: sip.UDP, Address: here}, {Network: sip.TCP, Address: here}, {Network: sip.TLS, Address: here, TLS: shown},
		},
		TLS:    trust,
		Pacer:  pacer,
		Limits: sip.Limits{CallsPerSecond: 1e6, Source: screen.LimiterConfig{Rate: generous, Trunk: generous}},
		Logger: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug})),
		Answer: answer,
	}
	cfg.Media.Address = loopback
	if change != nil {
		change(&cfg)
	}
	e, err := sip.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = pacer.Run(ctx) })
	ended := make(chan error, 1)
	running.Go(func() { ended <- e.Run(ctx) })
	select {
	case <-e.Ready():
	case err := <-ended:
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		running.Wait()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return gateway{e, certificate}
}

// newCertificate makes a certificate for loopback: for who shows it, for who trusts it, and as PEM.
func newCertificate(t *testing.T) (shown, trust *tls.Config, text []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: loopback.String()},
		IPAddresses: []net.IP{loopback.AsSlice()}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	shown = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	return shown, &tls.Config{RootCAs: pool}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// answer takes a call, sings and waits for its end.
func answer(ctx context.Context, in *sip.Invitation) {
	if l, err := in.Answer(ctx); err == nil && l.SetSource(singer(l)) == nil {
		<-l.Done()
	}
}

// giving is an answer that gives the Legs to the test.
func giving(legs chan<- *sip.Leg) func(context.Context, *sip.Invitation) {
	return func(ctx context.Context, in *sip.Invitation) {
		if l, err := in.Answer(ctx); err == nil {
			legs <- l
			<-l.Done()
		}
	}
}

// singer returns a source of our tone.
func singer(l *sip.Leg) media.Source {
	g, err := tone.NewGenerator(tone.Pattern{Hz: [2]float64{ourTone, 0}, Level: -20}, l.Format().Rate)
	if err != nil {
		return nil
	}
	return g
}

// sing makes a Leg send our tone.
func sing(t *testing.T, l *sip.Leg) {
	t.Helper()
	if err := l.SetSource(singer(l)); err != nil {
		t.Fatal(err)
	}
}

// ear is a sink that waits for a tone.
type ear struct {
	format   media.Format
	detector tone.Detector
	left     int           // frames of the tone still to come
	heard    chan struct{} // closed then
}

func (e *ear) Format() media.Format { return e.format }

func (e *ear) WriteFrame(f media.Frame) error {
	if !peer.Holds(e.detector, f.PCM) || e.left == 0 {
		return nil
	}
	if e.left--; e.left == 0 {
		close(e.heard)
	}
	return nil
}

// hear waits until a Leg has heard a tone for 300 ms.
func hear(t *testing.T, l *sip.Leg, hz float64) {
	t.Helper()
	d, err := tone.NewDetector(hz, l.Format().Rate)
	if err != nil {
		t.Fatal(err)
	}
	e := &ear{format: l.Format(), detector: d, left: 15, heard: make(chan struct{})}
	if err := l.SetSink(e); err != nil {
		t.Fatal(err)
	}
	select {
	case <-e.heard:
	case <-l.Done():
		t.Fatalf("the call ended %+v before a tone of %g Hz was heard: %+v", l.Ending(), hz, l.Stats())
	case <-within(t).Done():
		t.Fatalf("no tone of %g Hz is heard: %+v", hz, l.Stats())
	}
}

// stillness is a sink that waits for silence.
type stillness struct {
	format media.Format
	still  int           // frames
	done   chan struct{} // closed after 300 ms
}

func (s *stillness) Format() media.Format { return s.format }

func (s *stillness) WriteFrame(f media.Frame) error {
	const quiet, frames = 100, 15 // mean square
	if s.still == frames {
		return nil
	}
	if s.still++; tone.MeanPower(f.PCM) > quiet {
		s.still = 0
	}
	if s.still == frames {
		close(s.done)
	}
	return nil
}

// hush waits until a Leg has heard nothing for 300 ms.
func hush(t *testing.T, l *sip.Leg) {
	t.Helper()
	s := &stillness{format: l.Format(), done: make(chan struct{})}
	if err := l.SetSink(s); err != nil {
		t.Fatal(err)
	}
	await(t, "silence", s.done)
}

// within returns a context that lasts as long as a test waits for anything.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func await(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-within(t).Done():
		t.Fatalf("%s did not happen", what)
	}
}

// next returns the next thing of a channel.
func next[T any](t *testing.T, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-within(t).Done():
		t.Fatalf("no %s", what)
		panic("unreachable")
	}
}
