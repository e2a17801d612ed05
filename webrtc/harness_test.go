package webrtc

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/pace"
	"github.com/hotline-cc/hotline/media/tone"
	"github.com/hotline-cc/hotline/webrtc/join"
)

var loopback = netip.MustParseAddr("127.0.0.1")

const (
	ourTone   = 700.0 // Hz
	theirTone = 1100.0
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// gateway is an Endpoint that runs, with a server before it and a desk that makes its tokens.
type gateway struct {
	*Endpoint
	url  string
	desk *join.Desk
	legs chan *Leg // every leg whose sound began
}

// start runs an Endpoint on loopback until the test ends. Its legs play our tone and stand until they are ended.
func start(t testing.TB, change func(*Config)) *gateway {
	t.Helper()
	pacer, err := pace.New(pace.Config{})
	if err != nil {
		t.Fatal(err)
	}
	desk, err := join.New(join.Config{Key: []byte("0123456789abcdef0123456789abcdef")})
	if err != nil {
		t.Fatal(err)
	}
	g := &gateway{desk: desk, legs: make(chan *Leg, 100)}
	cfg := Config{
		UDP: []Bind{{Address: netip.AddrPortFrom(loopback, 0)}}, Pacer: pacer, Peek: desk.Peek,
		Admit: func(_ context.Context, token string, _ netip.Addr) (Admission, error) { return desk.Redeem(token) },
		Answer: func(_ context.Context, l *Leg) {
			g.legs <- l
			<-l.Done()
		},
	}
	if os.Getenv("WEBRTC_LOG") != "" {
		cfg.Logger = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	if change != nil {
		change(&cfg)
	}
	if g.Endpoint, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = pacer.Run(ctx) })
	failed := make(chan error, 1)
	running.Go(func() { failed <- g.Run(ctx) })
	select {
	case <-g.Ready():
	case err := <-failed:
		t.Fatal(err)
	}
	server := httptest.NewServer(g)
	g.url = server.URL
	t.Cleanup(func() {
		server.Close()
		stop()
		running.Wait()
		http.DefaultClient.CloseIdleConnections()
		if err := <-failed; err != nil {
			t.Error(err)
		}
	})
	return g
}

// token returns one that is good for a leg.
func (g *gateway) token(t testing.TB) string {
	t.Helper()
	token, err := g.desk.Issue(join.Claims{Conversation: "c1", Role: join.Caller, Subject: "visitor"})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// leg waits for the next leg and makes it play our tone to the browser and listen for the browser's.
func (g *gateway) leg(t testing.TB) (*Leg, *ear) {
	t.Helper()
	var l *Leg
	select {
	case l = <-g.legs:
	case <-within(t).Done():
		t.Fatal("no leg came")
	}
	source, err := tone.NewGenerator(tone.Pattern{Hz: [2]float64{ourTone}, Level: -10}, l.Format().Rate)
	if err != nil {
		t.Fatal(err)
	}
	e := newEar(t, l.Format(), theirTone)
	if err := l.Join(e, source); err != nil {
		t.Fatal(err)
	}
	return l, e
}

// reply is the head of an answer.
type reply struct {
	StatusCode int
	Header     http.Header
}

// do sends a request and returns the answer with its body read.
func do(t testing.TB, method, url, token, contentType, body string, headers ...string) (reply, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var text strings.Builder
	buffer := make([]byte, 4096)
	for {
		n, err := res.Body.Read(buffer)
		text.Write(buffer[:n])
		if err != nil {
			return reply{res.StatusCode, res.Header}, text.String()
		}
	}
}

// within returns a context that lasts as long as a test should wait for anything.
func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func wait(t testing.TB, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-within(t).Done():
		t.Fatalf("%s: not within 10 s", what)
	}
}

// eventually waits for something that has no channel.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for ctx := within(t); !ok(); {
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not within 10 s", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func ending(t testing.TB, l *Leg) hotline.Ended {
	t.Helper()
	wait(t, "the leg ends", l.Done())
	return <-l.Ended()
}

// concealed is how many ticks may hold other sound on a busy machine: what is late is concealed.
const concealed = 2

// ear is a Sink that listens for a tone.
type ear struct {
	format   media.Format
	detector tone.Detector
	ticks    atomic.Int64 // that held the tone
	foreign  atomic.Int64 // that held sound, but not the tone
}

func newEar(t testing.TB, format media.Format, hz float64) *ear {
	t.Helper()
	d, err := tone.NewDetector(hz, format.Rate)
	if err != nil {
		t.Fatal(err)
	}
	return &ear{format: format, detector: d}
}

func (e *ear) Format() media.Format { return e.format }

func (e *ear) WriteFrame(f media.Frame) error {
	e.hear(f.PCM)
	return nil
}

func (e *ear) hear(pcm []int16) {
	switch all := tone.MeanPower(pcm); {
	case all < 1e5:
	case e.detector.Power(pcm) > all*2/3:
		e.ticks.Add(1)
	default:
		e.foreign.Add(1)
	}
}

// hears waits until another half second of the tone was heard.
func (e *ear) hears(t testing.TB, whose string) {
	t.Helper()
	before := e.ticks.Load()
	eventually(t, "hear "+whose+" tone", func() bool { return e.ticks.Load() >= before+25 })
}

// endings is a logger that tells why legs end.
func endings(reasons chan<- string) *slog.Logger { return slog.New(endingHandler{reasons}) }

type endingHandler struct{ reasons chan<- string }

func (h endingHandler) Enabled(context.Context, slog.Level) bool { return true }

func (h endingHandler) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "reason" {
			h.reasons <- a.Value.String()
		}
		return true
	})
	return nil
}

func (h endingHandler) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h endingHandler) WithGroup(string) slog.Handler      { return h }
