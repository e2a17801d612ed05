package sip

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/hotline-cc/hotline/media/dtmf"
)

func TestRefusals(t *testing.T) {
	e := start(t, nil)
	tests := []struct {
		name string
		send func(w *wire)
		want int
		has  string // a header of the answer
	}{
		{"unknown codec", func(w *wire) {
			w.request("INVITE", "a", 1, "", strings.NewReplacer("8 101", "18", "a=rtpmap:101 telephone-event", "a=rtpmap:18 G729").Replace(g711))
		}, 488, ""},
		{"no session description", func(w *wire) { w.request("INVITE", "b", 1, "", "nonsense") }, 400, ""},
		{"other body", func(w *wire) { w.request("INVITE", "c", 1, "", "hello", "Content-Type: text/plain") }, 415, "Accept"},
		{"unknown extension", func(w *wire) { w.request("INVITE", "d", 1, "", g711, "Require: teleport") }, 420, "Unsupported"},
		{"interval too short", func(w *wire) {
			w.request("INVITE", "e", 1, "", g711, "Supported: timer", "Session-Expires: 30")
		}, 422, "Min-SE"},
		{"unknown dialog", func(w *wire) { w.request("BYE", "f", 1, "nobody", "") }, 481, ""},
		{"unknown dialog for re-INVITE", func(w *wire) { w.request("INVITE", "g", 1, "nobody", g711) }, 481, ""},
		{"CANCEL of nothing", func(w *wire) { w.request("CANCEL", "h", 1, "", "") }, 481, ""},
		{"MESSAGE", func(w *wire) { w.request("MESSAGE", "i", 1, "", "hi", "Content-Type: text/plain") }, 405, "Allow"},
		{"REFER", func(w *wire) { w.request("REFER", "j", 1, "", "", "Refer-To: <sip:x@y>") }, 405, "Allow"},
		{"SUBSCRIBE", func(w *wire) { w.request("SUBSCRIBE", "k", 1, "", "", "Event: presence") }, 405, "Allow"},
		{"REGISTER without users", func(w *wire) { w.request("REGISTER", "l", 1, "", "") }, 403, ""},
		{"OPTIONS", func(w *wire) { w.request("OPTIONS", "m", 1, "", "") }, 200, "Allow"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWire(t, e)
			test.send(w)
			res := w.status(test.want)
			if test.has != "" && text(res, test.has) == "" {
				t.Errorf("no %s in\n%s", test.has, res)
			}
			if got := text(res, "Server"); got != "Hotline" {
				t.Errorf("Server is %q", got)
			}
			if res.IsSuccess() || !strings.HasPrefix(string(res.CSeq().MethodName), "INVITE") {
				return
			}
			w.write(fmt.Sprintf("ACK sip:hotline@PEER SIP/2.0\nVia: %s\nFrom: %s\nTo: %s\nCall-ID: %s\nCSeq: 1 ACK",
				res.Via().Value(), res.From().Value(), res.To().Value(), res.CallID().Value()), "")
		})
	}
}

func TestMergedRequest(t *testing.T) {
	e := start(t, func(c *Config) {
		c.Answer = func(ctx context.Context, in *Invitation) { _ = in.Ring(); <-ctx.Done() }
	})
	w := newWire(t, e)
	w.request("INVITE", "m", 1, "", g711)
	w.status(180)
	other := newWire(t, e)
	other.request("INVITE", "m", 1, "", g711) // the other LOCAL makes it another branch
	other.status(482)
	w.request("CANCEL", "m", 1, "", "")
	w.status(200)
	w.status(487)
}

func TestCancelHasTheTagOfRinging(t *testing.T) {
	ended := make(chan struct{})
	e := start(t, func(c *Config) {
		c.Answer = func(ctx context.Context, in *Invitation) {
			_ = in.Ring()
			<-ctx.Done()
			if _, err := in.Answer(context.Background()); err == nil {
				t.Error("a cancelled call was answered")
			}
			close(ended)
		}
	})
	w := newWire(t, e)
	w.request("INVITE", "c", 1, "", g711)
	ringing := w.status(180)
	w.request("CANCEL", "c", 1, "", "")
	if got := toTag(w.status(200)); got != toTag(ringing) {
		t.Errorf("200 to CANCEL has tag %q, 180 %q", got, toTag(ringing))
	}
	if got := toTag(w.status(487)); got != toTag(ringing) {
		t.Errorf("487 has tag %q, 180 %q", got, toTag(ringing))
	}
	await(t, "end of the handler", ended)
}

func TestCancelAfterAnswerChangesNothing(t *testing.T) {
	e := start(t, nil)
	w := newWire(t, e)
	w.request("INVITE", "x", 1, "", g711)
	res := w.status(200)
	w.request("CANCEL", "x", 1, "", "")
	w.status(200)
	w.request("ACK", "x", 1, toTag(res), "")
	w.request("BYE", "x", 2, toTag(res), "")
	w.status(200)
}

func TestAnswerIsRepeatedUntilAcknowledged(t *testing.T) {
	e := start(t, nil)
	w := newWire(t, e)
	w.request("INVITE", "r", 1, "", g711)
	res := w.status(200)
	clear(w.last)
	if again := w.status(200); toTag(again) != toTag(res) {
		t.Error("the repeated 200 is another")
	}
	w.request("ACK", "r", 1, toTag(res), "")
	w.request("BYE", "r", 2, toTag(res), "")
	w.status(200)
}

func TestAnswerNeverAcknowledged(t *testing.T) {
	failed := make(chan error, 1)
	e := start(t, func(c *Config) {
		c.Answer = func(ctx context.Context, in *Invitation) {
			_, err := in.Answer(ctx)
			failed <- err
		}
	})
	w := newWire(t, e)
	begun := time.Now()
	w.request("INVITE", "n", 1, "", g711)
	w.status(200)
	bye := w.asked(gosip.BYE)
	if took := time.Since(begun); took < 64*gosip.T1 {
		t.Errorf("BYE after %v, want %v", took, 64*gosip.T1)
	}
	w.reply(bye, 200, "", "")
	if <-failed == nil {
		t.Error("Answer says nothing")
	}
}

func TestSequenceNumbersMustRise(t *testing.T) {
	e := start(t, nil)
	w := newWire(t, e)
	tag := w.call("s")
	w.request("INFO", "s", 7, tag, "")
	w.status(200)
	w.request("INFO", "s", 5, tag, "")
	w.status(500)
	w.request("BYE", "s", 8, tag, "")
	w.status(200)
}

func TestKeysByInfo(t *testing.T) {
	legs := make(chan *Leg, 1)
	e := start(t, func(c *Config) { c.Answer = answering(legs) })
	w := newWire(t, e)
	tag := w.call("k")
	w.request("INFO", "k", 2, tag, "Signal=5\r\nDuration=160\r\n", "Content-Type: application/dtmf-relay")
	w.status(200)
	w.request("INFO", "k", 3, tag, "what", "Content-Type: application/dtmf")
	w.status(415)
	w.request("INFO", "k", 4, tag, "{}", "Content-Type: application/json")
	w.status(415)
	l := <-legs
	select {
	case key := <-l.Keys():
		if key.Key != '5' || key.Source != dtmf.SourceInfo {
			t.Errorf("key is %+v", key)
		}
	case <-within(t).Done():
		t.Fatal("no key")
	}
	w.request("BYE", "k", 5, tag, "")
	w.status(200)
}

func TestUnreadKeysAreDropped(t *testing.T) {
	legs := make(chan *Leg, 1)
	e := start(t, func(c *Config) { c.Answer = answering(legs) })
	w := newWire(t, e)
	tag := w.call("d")
	const more = 3
	for i := range maxKeys + more {
		w.request("INFO", "d", 2+i, tag, "5", "Content-Type: application/dtmf")
		w.status(200)
	}
	if got := e.Stats().KeysDropped; got != more {
		t.Errorf("%d keys dropped, want %d", got, more)
	}
	w.request("BYE", "d", 1000, tag, "")
	w.status(200)
}

func TestDelayedOffer(t *testing.T) {
	legs := make(chan *Leg, 1)
	e := start(t, func(c *Config) { c.Answer = answering(legs) })
	w := newWire(t, e)
	w.request("INVITE", "o", 1, "", "")
	res := w.status(200)
	if len(res.Body()) == 0 {
		t.Fatal("no offer in the 200")
	}
	w.request("ACK", "o", 1, toTag(res), g711)
	if l := <-legs; l.Codec().Name != "PCMA" {
		t.Errorf("codec is %v", l.Codec())
	}
	w.request("BYE", "o", 2, toTag(res), "")
	w.status(200)
}

func TestDelayedOfferWithBadAnswer(t *testing.T) {
	e := start(t, nil)
	for id, answer := range map[string]string{"none": "", "bad": "nonsense"} {
		w := newWire(t, e)
		w.request("INVITE", id, 1, "", "")
		res := w.status(200)
		w.request("ACK", id, 1, toTag(res), answer)
		w.reply(w.asked(gosip.BYE), 200, "", "")
	}
}

func TestRouteSetIsFollowed(t *testing.T) {
	legs := make(chan *Leg, 1)
	e := start(t, func(c *Config) { c.Answer = answering(legs) })
	w := newWire(t, e)
	proxy := newWire(t, e)
	// Long enough for the 200 to be over the size that the stack would refuse to send over UDP.
	far := "Record-Route: <sip:" + strings.Repeat("far", 100) + ".example.com;lr>"
	w.request("INVITE", "p", 1, "", g711, "Record-Route: <sip:"+proxy.local.String()+";lr>", far, far, far)
	res := w.status(200)
	if got := len(res.GetHeaders("Record-Route")); got != 4 {
		t.Errorf("%d Record-Route in the 200", got)
	}
	w.request("ACK", "p", 1, toTag(res), "")
	l := <-legs
	go func() { _ = l.Hangup(context.Background(), "") }()
	bye := proxy.asked(gosip.BYE)
	if got := len(bye.GetHeaders("Route")); got != 4 || bye.Recipient.Host+":"+fmt.Sprint(bye.Recipient.Port) != w.local.String() {
		t.Errorf("BYE is\n%s", bye)
	}
	proxy.reply(bye, 200, "", "")
	await(t, "end", l.Done())
}

func TestStrictRouter(t *testing.T) {
	legs := make(chan *Leg, 1)
	e := start(t, func(c *Config) { c.Answer = answering(legs) })
	w, proxy := newWire(t, e), newWire(t, e)
	w.request("INVITE", "q", 1, "", g711, "Record-Route: <sip:"+proxy.local.String()+">")
	res := w.status(200)
	w.request("ACK", "q", 1, toTag(res), "")
	l := <-legs
	go func() { _ = l.Hangup(context.Background(), "") }()
	bye := proxy.asked(gosip.BYE)
	if got := text(bye, "Route"); bye.Recipient.User != "" || !strings.Contains(got, "caller@"+w.local.String()) {
		t.Errorf("BYE is\n%s", bye)
	}
	proxy.reply(bye, 200, "", "")
	await(t, "end", l.Done())
}

func TestByeBeforeAnswerOfOurs(t *testing.T) {
	e := start(t, func(c *Config) {
		c.Answer = func(ctx context.Context, in *Invitation) { _ = in.Ring(); <-ctx.Done() }
	})
	w := newWire(t, e)
	w.request("INVITE", "b", 1, "", g711)
	tag := toTag(w.status(180))
	w.request("BYE", "b", 2, tag, "")
	w.status(200)
	if res := w.status(487); res.CSeq().MethodName != gosip.INVITE {
		t.Errorf("answer is\n%s", res)
	}
}

func TestAnswerEndsAtItsDeadline(t *testing.T) {
	took := make(chan time.Duration, 1)
	e := start(t, func(c *Config) {
		c.Answer = func(_ context.Context, in *Invitation) {
			begun := time.Now()
			ctx, cancel := context.WithTimeout(context.Background(), gosip.T1)
			defer cancel()
			if _, err := in.Answer(ctx); err == nil {
				t.Error("answered without an ACK")
			}
			took <- time.Since(begun)
		}
	})
	w := newWire(t, e)
	w.request("INVITE", "a", 1, "", g711)
	res := w.status(200)
	if got := <-took; got > 20*gosip.T1 {
		t.Errorf("took %v", got)
	}
	w.request("ACK", "a", 1, toTag(res), "") // too late for the call, but a BYE may go now
	w.reply(w.asked(gosip.BYE), 200, "", "")
}
