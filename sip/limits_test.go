package sip

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/sip/screen"
)

func TestDrain(t *testing.T) {
	legs := make(chan *Leg, 1)
	e := start(t, func(c *Config) { c.Answer = answering(legs) })
	w := newWire(t, e)
	tag := w.call("1")
	drained := make(chan error, 1)
	go func() { drained <- e.Drain(within(t)) }()
	until(t, "drain", e.admission.isDraining)
	w.request("INVITE", "2", 1, "", g711)
	if res := w.status(503); text(res, "Retry-After") == "" {
		t.Errorf("no Retry-After in\n%s", res)
	}
	w.request("OPTIONS", "3", 1, "", "")
	if res := w.status(503); text(res, "Retry-After") == "" {
		t.Errorf("no Retry-After in\n%s", res)
	}
	select {
	case err := <-drained:
		t.Fatalf("drained with a call standing: %v", err)
	default:
	}
	w.request("BYE", "1", 2, tag, "")
	w.status(200)
	if err := <-drained; err != nil {
		t.Error(err)
	}
	if _, err := e.Dial(within(t), Dial{URI: "sip:x@" + w.local.String()}); hotline.CodeOf(err) != hotline.CodeOverload {
		t.Errorf("error is %v", err)
	}
}

func TestDrainGivesUp(t *testing.T) {
	e := start(t, nil)
	w := newWire(t, e)
	tag := w.call("1")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := e.Drain(ctx); err == nil {
		t.Error("drained with a call standing")
	}
	w.request("BYE", "1", 2, tag, "")
	w.status(200)
}

func TestCallLimits(t *testing.T) {
	tests := map[string]Limits{
		"calls":      {Calls: 1},
		"setting up": {SettingUp: 1},
		"rate":       {CallsPerSecond: 0.1},
	}
	for name, limits := range tests {
		t.Run(name, func(t *testing.T) {
			e := start(t, func(c *Config) {
				limits.Source = c.Limits.Source
				c.Limits = limits
				c.Answer = func(ctx context.Context, in *Invitation) { _ = in.Ring(); <-ctx.Done() }
			})
			w := newWire(t, e)
			w.request("INVITE", "1", 1, "", g711)
			w.status(180)
			w.request("INVITE", "2", 1, "", g711)
			if res := w.status(503); text(res, "Retry-After") != "10" {
				t.Errorf("answer is\n%s", res)
			}
			if s := e.Stats(); s.Calls != 1 || s.SettingUp != 1 || s.Refused[503] != 1 {
				t.Errorf("stats are %+v", s)
			}
			w.request("CANCEL", "1", 1, "", "")
			w.status(200)
			w.status(487)
			until(t, "end", func() bool { s := e.Stats(); return s.Calls == 0 && s.SettingUp == 0 && s.MediaPorts == 0 })
		})
	}
}

func TestSourceLimit(t *testing.T) {
	e := start(t, func(c *Config) {
		c.Limits.Source = screen.LimiterConfig{Rate: screen.Rate{PerSecond: 0.001, Burst: 2}}
	})
	w := newWire(t, e)
	for _, id := range []string{"1", "2"} {
		w.request("OPTIONS", id, 1, "", "")
		w.status(200)
	}
	w.request("OPTIONS", "3", 1, "", "")
	w.quiet(2 * gosip.T1)
}

func TestConnectionLimits(t *testing.T) {
	e := start(t, func(c *Config) { c.Limits.PerSource = 2; c.Limits.Idle = time.Second })
	var open []net.Conn
	for range 2 {
		c, err := net.Dial("tcp", e.Addr(TCP).String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		open = append(open, c)
	}
	until(t, "connections", func() bool { return e.Stats().Connections == 2 })
	more, err := net.Dial("tcp", e.Addr(TCP).String())
	if err != nil {
		t.Fatal(err)
	}
	defer more.Close()
	for what, c := range map[string]net.Conn{"one too many": more, "a silent one": open[0]} {
		_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
		if _, err := c.Read(make([]byte, 1)); err == nil || strings.Contains(err.Error(), "timeout") {
			t.Errorf("%s stays open: %v", what, err)
		}
	}
	until(t, "end", func() bool { return e.Stats().Connections == 0 })
}

// log collects lines.
type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *log) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Split(strings.TrimSpace(l.b.String()), "\n")
}

func TestOversizedMessageClosesWithOneShortLine(t *testing.T) {
	var lines log
	e := start(t, func(c *Config) { c.Logger = slog.New(slog.NewTextHandler(&lines, nil)) })
	for range 10 {
		c, err := net.Dial("tcp", e.Addr(TCP).String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		go func() {
			_, _ = c.Write([]byte("INVITE sip:x@y SIP/2.0\r\nSubject: " + strings.Repeat("x", 100<<10) + "\r\n\r\n"))
		}()
		_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
		if _, err := c.Read(make([]byte, 1)); err == nil || strings.Contains(err.Error(), "timeout") {
			t.Errorf("stays open: %v", err)
		}
	}
	until(t, "log", func() bool { return lines.lines()[0] != "" })
	if got := lines.lines(); len(got) != 1 || len(got[0]) > 1000 {
		t.Errorf("%d lines, the first of %d bytes", len(got), len(got[0]))
	}
}

func TestManySourcesAreForgotten(t *testing.T) {
	e := start(t, nil)
	d := e.listeners[0].udp
	pool := e.stack.Pool(UDP)
	before := pool.Size()
	for i := range 3 * maxSources {
		d.remember(pool, netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 5060).String())
	}
	if grown := pool.Size() - before; grown > 2*maxSources {
		t.Errorf("%d sources are remembered", grown)
	}
	w := newWire(t, e)
	d.changes.Store(maxSources) // as after a flood; the reader is waiting and does not look
	w.request("OPTIONS", "1", 1, "", "")
	w.status(200)
	w.request("OPTIONS", "2", 1, "", "")
	w.status(200)
}
