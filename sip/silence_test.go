package sip

import (
	"sync/atomic"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

const (
	shortSilence = time.Second
	packetTime   = 20 * time.Millisecond
)

func TestSilentPeerIsAskedWhetherItIsThere(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		answer func(w *wire, asked *gosip.Request)
		bye    bool
		reason string
	}{
		{"it knows of no call", func(w *wire, asked *gosip.Request) { w.reply(asked, 481, "", "") }, true, "silent: Call/Transaction Does Not Exist"},
		{"it says nothing", func(*wire, *gosip.Request) {}, false, "silent: "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			legs := make(chan *Leg, 1)
			e := start(t, func(cfg *Config) { cfg.Silence, cfg.Answer = shortSilence, answering(legs) })
			w := newWire(t, e)
			w.call("s")
			l := <-legs
			for range 2 {
				w.reply(w.asked(gosip.OPTIONS), 200, "", "")
			}
			select {
			case <-l.Done():
				t.Fatalf("a call whose peer answers ended %+v", l.Ending())
			default:
			}
			test.answer(w, w.asked(gosip.OPTIONS))
			await(t, "end", l.Done())
			if end := l.Ending(); end.By != "network" || len(end.Reason) < len(test.reason) || end.Reason[:len(test.reason)] != test.reason {
				t.Errorf("ended %+v, want %q", end, test.reason)
			}
			if test.bye {
				w.reply(w.asked(gosip.BYE), 481, "", "")
			}
		})
	}
}

func TestPeerThatIsHeardIsNotAsked(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	e := start(t, func(cfg *Config) {
		cfg.OnAnswered = func(method string, _ int) {
			if method == string(gosip.OPTIONS) {
				asked.Add(1)
			}
		}
	})
	ours := start(t, func(cfg *Config) { cfg.Silence = 4 * shortSilence })
	l, err := ours.Dial(within(t), Dial{URI: uriOf(e, UDP)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Hangup(within(t), "done") }()
	late := within(t).Done()
	for l.Stats().Received.Packets < uint64(6*shortSilence/packetTime) {
		select {
		case <-l.Done():
			t.Fatalf("ended %+v", l.Ending())
		case <-late:
			t.Fatalf("nothing comes: %+v", l.Stats())
		case <-time.After(packetTime):
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("asked %d times", n)
	}
}
