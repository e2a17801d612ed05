package sip

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"github.com/hotline-cc/hotline"
)

// dialled is what came of a Dial in the background.
type dialled struct {
	leg *Leg
	err error
}

func dial(ctx context.Context, e *Endpoint, to Dial) <-chan dialled {
	done := make(chan dialled, 1)
	go func() {
		l, err := e.Dial(ctx, to)
		done <- dialled{l, err}
	}()
	return done
}

// answer takes the INVITE of an Endpoint that calls and returns it after the ACK.
func (w *wire) answer(tag string, more ...string) *gosip.Request {
	w.t.Helper()
	invite := w.asked(gosip.INVITE)
	w.reply(invite, 200, tag, g711, more...)
	w.asked(gosip.ACK)
	return invite
}

// inDialog sends a request in a dialog that an Endpoint began with an INVITE.
func (w *wire) inDialog(invite *gosip.Request, method string, seq int, tag, body string, more ...string) {
	w.t.Helper()
	to := *invite.From()
	w.write(strings.Join(append([]string{
		method + " " + invite.Contact().Address.String() + " SIP/2.0",
		"Via: SIP/2.0/UDP LOCAL;rport;branch=" + newBranch(),
		"From: <sip:callee@LOCAL>;tag=" + tag,
		"To: " + to.Value(),
		"Call-ID: " + invite.CallID().Value(),
		fmt.Sprintf("CSeq: %d %s", seq, method),
		"Contact: <sip:callee@LOCAL>",
	}, more...), "\n"), body)
}

func TestDialCancelled(t *testing.T) {
	e := start(t, nil)
	w := newWire(t, nil)
	ctx, cancel := context.WithCancel(within(t))
	call := dial(ctx, e, Dial{URI: "sip:x@" + w.local.String()})
	invite := w.asked(gosip.INVITE)
	w.reply(invite, 180, "there", "")
	waitRinging(t, e)
	cancel()
	if got := <-call; hotline.CodeOf(got.err) != hotline.CodeTimeout {
		t.Errorf("error is %v", got.err)
	}
	c := w.asked(gosip.CANCEL)
	if c.Via().Value() != invite.Via().Value() || c.CSeq().SeqNo != invite.CSeq().SeqNo || toTag(c) != "" {
		t.Errorf("CANCEL is\n%s\nfor\n%s", c, invite)
	}
	w.reply(c, 200, "there", "")
	w.reply(invite, 487, "there", "")
	w.asked(gosip.ACK)
}

// waitRinging waits until the one call of an Endpoint has a dialog.
func waitRinging(t *testing.T, e *Endpoint) {
	for ctx := within(t); len(e.calls.all()) == 0; {
		select {
		case <-ctx.Done():
			t.Fatal("no dialog")
		case <-time.After(time.Millisecond):
		}
	}
}

func TestCancelWaitsForAProvisionalResponse(t *testing.T) {
	e := start(t, nil)
	w := newWire(t, nil)
	ctx, cancel := context.WithCancel(within(t))
	call := dial(ctx, e, Dial{URI: "sip:x@" + w.local.String()})
	invite := w.asked(gosip.INVITE)
	cancel()
	<-call
	w.quiet(3 * gosip.T1)
	w.reply(invite, 180, "there", "")
	w.reply(w.asked(gosip.CANCEL), 200, "there", "")
	w.reply(invite, 487, "there", "")
	w.asked(gosip.ACK)
}

func TestCancelCrossingAnswer(t *testing.T) {
	e := start(t, nil)
	w := newWire(t, nil)
	ctx, cancel := context.WithCancel(within(t))
	call := dial(ctx, e, Dial{URI: "sip:x@" + w.local.String()})
	invite := w.asked(gosip.INVITE)
	w.reply(invite, 180, "there", "")
	waitRinging(t, e)
	cancel()
	<-call
	c := w.asked(gosip.CANCEL)
	w.reply(invite, 200, "there", g711)
	w.reply(c, 200, "there", "")
	w.asked(gosip.ACK)
	w.reply(w.asked(gosip.BYE), 200, "", "")
}

func TestForkedAnswers(t *testing.T) {
	e := start(t, nil)
	w := newWire(t, nil)
	call := dial(within(t), e, Dial{URI: "sip:x@" + w.local.String()})
	invite := w.answer("first")
	l := (<-call).leg
	if l == nil {
		t.Fatal("no call")
	}
	w.reply(invite, 200, "second", g711)
	if ack := w.asked(gosip.ACK); toTag(ack) != "second" {
		t.Errorf("ACK is\n%s", ack)
	}
	bye := w.asked(gosip.BYE)
	if toTag(bye) != "second" {
		t.Errorf("BYE is\n%s", bye)
	}
	w.reply(bye, 200, "", "")

	clear(w.last)
	w.reply(invite, 200, "first", g711)
	if ack := w.asked(gosip.ACK); toTag(ack) != "first" {
		t.Errorf("ACK to the repeated answer is\n%s", ack)
	}
	w.inDialog(invite, "BYE", 1, "first", "")
	w.status(200)
	await(t, "end", l.Done())
}

func TestRefusedDial(t *testing.T) {
	tests := []struct {
		status int
		want   hotline.Code
	}{
		{302, hotline.CodeUnsupported}, {401, hotline.CodeUnauthorized}, {404, hotline.CodeNotFound}, {486, hotline.CodeConflict},
		{488, hotline.CodeUnsupported}, {500, hotline.CodeUnavailable}, {503, hotline.CodeOverload}, {603, hotline.CodeForbidden},
	}
	e := start(t, nil)
	for _, test := range tests {
		w := newWire(t, nil)
		call := dial(within(t), e, Dial{URI: "sip:x@" + w.local.String()})
		invite := w.asked(gosip.INVITE)
		w.reply(invite, test.status, "there", "", "Contact: <sip:elsewhere@127.0.0.1:1>", `WWW-Authenticate: Digest realm="x", nonce="y", algorithm=MD5`)
		w.asked(gosip.ACK)
		got := <-call
		var refused *StatusError
		if !errors.As(got.err, &refused) || refused.Status != test.status || hotline.CodeOf(got.err) != test.want {
			t.Errorf("%d: error is %v, code %s", test.status, got.err, hotline.CodeOf(got.err))
		}
		w.quiet(gosip.T1) // nothing is followed and no challenge answered
	}
}

func TestBadAnswerEndsTheCall(t *testing.T) {
	e := start(t, nil)
	w := newWire(t, nil)
	call := dial(within(t), e, Dial{URI: "sip:x@" + w.local.String()})
	invite := w.asked(gosip.INVITE)
	w.reply(invite, 200, "there", "nonsense")
	w.asked(gosip.ACK)
	w.reply(w.asked(gosip.BYE), 200, "", "")
	if got := <-call; hotline.CodeOf(got.err) != hotline.CodeInvalid {
		t.Errorf("error is %v", got.err)
	}
}

func TestByeBeforeAnswer(t *testing.T) {
	e := start(t, nil)
	w := newWire(t, nil)
	call := dial(within(t), e, Dial{URI: "sip:x@" + w.local.String()})
	invite := w.asked(gosip.INVITE)
	w.reply(invite, 180, "there", "")
	waitRinging(t, e)
	w.inDialog(invite, "BYE", 1, "there", "")
	w.status(200)
	if got := <-call; got.err == nil {
		t.Error("the call stands")
	}
	w.reply(w.asked(gosip.CANCEL), 200, "there", "")
	w.reply(invite, 487, "there", "")
	w.asked(gosip.ACK)
}

func TestEarlySound(t *testing.T) {
	early := make(chan *Leg, 1)
	goOn := make(chan struct{})
	callee := start(t, func(c *Config) {
		c.Answer = func(ctx context.Context, in *Invitation) {
			l, err := in.Progress()
			if err != nil {
				t.Error(err)
				return
			}
			sing(t, l, 440)
			<-goOn
			if _, err := in.Answer(ctx); err != nil {
				t.Error(err)
			}
			<-ctx.Done()
		}
	})
	caller := start(t, nil)
	call := dial(within(t), caller, Dial{URI: uriOf(callee, UDP), Early: func(l *Leg) { early <- l }})
	hear(t, <-early, 440)
	close(goOn)
	got := <-call
	if got.err != nil {
		t.Fatal(got.err)
	}
	hear(t, got.leg, 440)
	_ = got.leg.Hangup(within(t), "")
}

func TestCallerCannotSmuggle(t *testing.T) {
	w := newWire(t, nil)
	e := start(t, nil)
	for _, to := range []Dial{
		{URI: "sip:x@LOCAL", From: "a@evil"}, {URI: "sip:x@LOCAL", From: "a\r\nX: y"}, {URI: "sip:x\r\nX: y@LOCAL"}, {URI: "tel:123"}, {URI: "nonsense"},
	} {
		to.URI = strings.ReplaceAll(to.URI, "LOCAL", w.local.String())
		if l, err := e.Dial(within(t), to); err == nil {
			t.Errorf("%+v was dialled", to)
			_ = l.Hangup(within(t), "")
		}
	}
	w.quiet(gosip.T1)
	call := dial(within(t), e, Dial{URI: "sip:x@" + w.local.String() + "?Subject=evil", FromName: "A\" <sip:evil@x>;\r\n\\"})
	invite := w.asked(gosip.INVITE)
	if got := invite.From().DisplayName; got != "A <sip:evil@x>;  " || len(invite.Recipient.Headers) != 0 {
		t.Errorf("name is %q in\n%s", got, invite)
	}
	w.reply(invite, 486, "x", "")
	<-call
}
