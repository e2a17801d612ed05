package sip

import (
	"context"
	"strings"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/hotline-cc/hotline/media/dtmf"
)

func TestHoldAndResume(t *testing.T) {
	legs := make(chan *Leg, 1)
	callee := start(t, func(c *Config) { c.Answer = answering(legs) })
	caller := start(t, nil)
	l, err := caller.Dial(within(t), Dial{URI: uriOf(callee, UDP)})
	if err != nil {
		t.Fatal(err)
	}
	there := <-legs
	sing(t, l, 440)
	sing(t, there, 1000)
	for name, side := range map[string][2]*Leg{"caller": {l, there}, "callee": {there, l}} {
		here, other := side[0], side[1]
		if err := here.Hold(within(t)); err != nil {
			t.Fatalf("%s holds: %v", name, err)
		}
		if !here.Held() || !other.Held() {
			t.Errorf("%s holds: held %v and %v", name, here.Held(), other.Held())
		}
		hear(t, other, map[string]float64{"caller": 440, "callee": 1000}[name])
		wasTold(t, name+" holds", here, other, true)
		if err := here.Resume(within(t)); err != nil {
			t.Fatalf("%s resumes: %v", name, err)
		}
		if here.Held() || other.Held() {
			t.Errorf("%s resumes: held %v and %v", name, here.Held(), other.Held())
		}
		wasTold(t, name+" resumes", here, other, false)
		hear(t, l, 1000)
		hear(t, there, 440)
	}
	for _, hold := range []func(context.Context) error{l.Hold, l.Resume, l.Hold} {
		if err := hold(within(t)); err != nil {
			t.Fatal(err)
		}
	}
	wasTold(t, "holds again, before anybody has read", l, there, true)
	_ = l.Hangup(within(t), "")
}

// wasTold checks that one side is told what the other does, once, and the other nothing.
func wasTold(t *testing.T, what string, here, other *Leg, want bool) {
	t.Helper()
	select {
	case got := <-other.Holds():
		if got != want {
			t.Errorf("%s: the other is told %v", what, got)
		}
	default:
		t.Errorf("%s: the other is not told", what)
	}
	if len(other.Holds())+len(here.Holds()) > 0 {
		t.Errorf("%s: more is told", what)
	}
}

func TestKeysBothWays(t *testing.T) {
	legs := make(chan *Leg, 1)
	callee := start(t, func(c *Config) { c.Answer = answering(legs) })
	caller := start(t, nil)
	l, err := caller.Dial(within(t), Dial{URI: uriOf(callee, UDP)})
	if err != nil {
		t.Fatal(err)
	}
	there := <-legs
	keys, _ := dtmf.ParseKeys("12#")
	if err := l.SendKeys(0, keys...); err != nil {
		t.Fatal(err)
	}
	for _, want := range keys {
		select {
		case got := <-there.Keys():
			if got.Key != want || got.Source != dtmf.SourceRTP {
				t.Errorf("key is %+v, want %v", got, want)
			}
		case <-within(t).Done():
			t.Fatalf("key %v does not come", want)
		}
	}
	_ = l.Hangup(within(t), "")
}

func TestKeysByInfoWhenThePeerTakesNoEvents(t *testing.T) {
	legs := make(chan *Leg, 1)
	e := start(t, func(c *Config) { c.Answer = answering(legs) })
	w := newWire(t, e)
	w.request("INVITE", "i", 1, "", strings.Replace(g711, "8 101", "8", 1))
	res := w.status(200)
	w.request("ACK", "i", 1, toTag(res), "")
	l := <-legs
	sent := make(chan error, 1)
	go func() { sent <- l.SendKeys(200*time.Millisecond, '7') }()
	info := w.asked(gosip.INFO)
	if got := string(info.Body()); got != "Signal=7\r\nDuration=200\r\n" {
		t.Errorf("INFO says %q", got)
	}
	w.reply(info, 200, "", "")
	if err := <-sent; err != nil {
		t.Error(err)
	}
	w.request("BYE", "i", 2, toTag(res), "")
	w.status(200)
}

func TestGlareTriesAgain(t *testing.T) {
	e := start(t, nil)
	w := newWire(t, nil)
	call := dial(within(t), e, Dial{URI: "sip:x@" + w.local.String()})
	invite := w.answer("there")
	l := (<-call).leg
	held := make(chan error, 1)
	go func() { held <- l.Hold(within(t)) }()
	again := w.asked(gosip.INVITE)
	w.inDialog(invite, "INVITE", 1, "there", g711) // crosses ours
	w.status(491)
	refused := time.Now()
	w.reply(again, 491, "", "")
	w.asked(gosip.ACK)
	again = w.asked(gosip.INVITE)
	if wait := time.Since(refused); wait < 4*gosip.T1 {
		t.Errorf("tried again after %v, want at least %v as who made the Call-ID", wait, 4*gosip.T1)
	}
	w.reply(again, 200, "", strings.Replace(g711, "t=0 0", "t=0 0\r\na=recvonly", 1))
	w.asked(gosip.ACK)
	if err := <-held; err != nil {
		t.Fatal(err)
	}
	w.inDialog(invite, "BYE", 2, "there", "")
	w.status(200)
}

func TestSecondOfferOfThePeerMustWait(t *testing.T) {
	legs := make(chan *Leg, 1)
	e := start(t, func(c *Config) { c.Answer = answering(legs) })
	w := newWire(t, e)
	tag := w.call("w")
	w.request("INVITE", "w", 2, tag, g711)
	w.status(200)
	w.request("INVITE", "w", 3, tag, g711) // before the ACK
	if res := w.status(500); text(res, "Retry-After") == "" {
		t.Errorf("no Retry-After in\n%s", res)
	}
	w.request("ACK", "w", 2, tag, "")
	w.request("BYE", "w", 4, tag, "")
	w.status(200)
}

func TestRefusedOfferChangesNothing(t *testing.T) {
	legs := make(chan *Leg, 1)
	e := start(t, func(c *Config) { c.Answer = answering(legs) })
	w := newWire(t, e)
	tag := w.call("z")
	l := <-legs
	codec := l.Codec()
	w.request("INVITE", "z", 2, tag, strings.NewReplacer("8 101", "18", "101 telephone-event", "18 G729").Replace(g711))
	w.status(488)
	w.request("ACK", "z", 2, tag, "")
	if l.Codec() != codec || l.Held() {
		t.Errorf("codec is %v, held %v", l.Codec(), l.Held())
	}
	w.request("BYE", "z", 3, tag, "")
	w.status(200)
}

func TestUpdate(t *testing.T) {
	legs := make(chan *Leg, 1)
	e := start(t, func(c *Config) { c.Answer = answering(legs) })
	w := newWire(t, e)
	tag := w.call("u")
	l := <-legs
	w.request("UPDATE", "u", 2, tag, "")
	if res := w.status(200); len(res.Body()) != 0 || text(res, "Session-Expires") == "" {
		t.Errorf("answer to a refresh is\n%s", res)
	}
	w.request("UPDATE", "u", 3, tag, strings.Replace(g711, "t=0 0", "t=0 0\r\na=sendonly", 1))
	if res := w.status(200); !strings.Contains(string(res.Body()), "a=recvonly") {
		t.Errorf("answer to hold is\n%s", res)
	}
	if !l.Held() {
		t.Error("not held")
	}
	w.request("BYE", "u", 4, tag, "")
	w.status(200)
}

func TestReInviteWithoutOffer(t *testing.T) {
	legs := make(chan *Leg, 1)
	e := start(t, func(c *Config) { c.Answer = answering(legs) })
	w := newWire(t, e)
	tag := w.call("y")
	w.request("INVITE", "y", 2, tag, "")
	if res := w.status(200); len(res.Body()) == 0 {
		t.Errorf("no offer in\n%s", res)
	}
	w.request("ACK", "y", 2, tag, strings.Replace(g711, "t=0 0", "t=0 0\r\na=inactive", 1))
	w.request("INFO", "y", 3, tag, "")
	w.status(200)
	l := <-legs
	for ctx := within(t); !l.Held(); {
		select {
		case <-ctx.Done():
			t.Fatal("the answer in the ACK counts for nothing")
		case <-time.After(time.Millisecond):
		}
	}
	w.request("BYE", "y", 4, tag, "")
	w.status(200)
}

func TestReliableProvisionalResponse(t *testing.T) {
	e := start(t, func(c *Config) {
		c.Answer = func(ctx context.Context, in *Invitation) {
			if err := in.Ring(); err != nil {
				t.Error(err)
			}
			if l, err := in.Answer(ctx); err == nil {
				<-l.Done()
			}
		}
	})
	w := newWire(t, e)
	w.request("INVITE", "v", 1, "", g711, "Require: 100rel")
	ringing := w.status(180)
	rseq, tag := text(ringing, "RSeq"), toTag(ringing)
	if rseq == "" || !lists(ringing, "100rel", "Require") {
		t.Fatalf("180 is\n%s", ringing)
	}
	clear(w.last)
	w.status(180) // again, because no PRACK came
	w.request("PRACK", "v", 2, tag, "", "RAck: 1 1 INVITE")
	w.status(481)
	w.request("PRACK", "v", 3, tag, "", "RAck: "+rseq+" 1 INVITE")
	if res := w.status(200); res.CSeq().MethodName != gosip.PRACK {
		t.Fatalf("answer is\n%s", res)
	}
	w.status(200)
	w.request("ACK", "v", 1, tag, "")
	w.request("BYE", "v", 4, tag, "")
	w.status(200)
}

func TestReliableProvisionalResponseWithOffer(t *testing.T) {
	legs := make(chan *Leg, 1)
	e := start(t, func(c *Config) {
		c.Answer = func(ctx context.Context, in *Invitation) {
			_ = in.Ring()
			answering(legs)(ctx, in)
		}
	})
	w := newWire(t, e)
	w.request("INVITE", "f", 1, "", "", "Supported: 100rel")
	ringing := w.status(180)
	if len(ringing.Body()) == 0 {
		t.Fatalf("no offer in\n%s", ringing)
	}
	tag := toTag(ringing)
	w.request("PRACK", "f", 2, tag, g711, "RAck: "+text(ringing, "RSeq")+" 1 INVITE")
	w.status(200)
	if res := w.status(200); len(res.Body()) != 0 {
		t.Errorf("another offer in\n%s", res)
	}
	w.request("ACK", "f", 1, tag, "")
	if l := <-legs; l.Codec().Name != "PCMA" {
		t.Errorf("codec is %v", l.Codec())
	}
	w.request("BYE", "f", 3, tag, "")
	w.status(200)
}

func TestReliableProvisionalResponseNeverConfirmed(t *testing.T) {
	e := start(t, func(c *Config) {
		c.Answer = func(ctx context.Context, in *Invitation) {
			_ = in.Ring()
			<-ctx.Done()
		}
	})
	w := newWire(t, e)
	w.request("INVITE", "g", 1, "", g711, "Supported: 100rel")
	w.status(180)
	w.status(504)
}

func TestConfirmsReliableResponses(t *testing.T) {
	e := start(t, nil)
	w := newWire(t, nil)
	call := dial(within(t), e, Dial{URI: "sip:x@" + w.local.String()})
	invite := w.asked(gosip.INVITE)
	w.reply(invite, 183, "there", g711, "Require: 100rel", "RSeq: 100")
	prack := w.asked(gosip.PRACK)
	if got, want := text(prack, "RAck"), "100 "+invite.CSeq().Value(); got != want {
		t.Errorf("RAck is %q, want %q", got, want)
	}
	w.reply(prack, 200, "", "")
	w.reply(invite, 180, "there", "", "Require: 100rel", "RSeq: 102") // 101 was lost
	w.quiet(2 * gosip.T1)
	w.reply(invite, 200, "there", "")
	w.asked(gosip.ACK)
	l := (<-call).leg
	if l == nil || l.Codec().Name != "PCMA" {
		t.Fatal("the answer in the reliable response does not count")
	}
	w.inDialog(invite, "BYE", 1, "there", "")
	w.status(200)
	await(t, "end", l.Done())
}
