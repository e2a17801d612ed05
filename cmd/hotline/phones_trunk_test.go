package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media/tone"
	"github.com/hotline-cc/hotline/phone"
	"github.com/hotline-cc/hotline/tts"
)

// inBrowser has somebody log in with a headset that waits for a tone.
func (x *switchboard) inBrowser(login string, hertz float64) *deskAgent {
	x.t.Helper()
	a, err := signIn(x.t.Context(), x.r, login, demoPassword)
	if err != nil {
		x.t.Fatal(err)
	}
	x.t.Cleanup(func() { _ = a.close() })
	a.hears = newToneEar(hertz)
	if err := a.connect(x.t.Context(), x.r); err != nil {
		x.t.Fatal(err)
	}
	x.await("the headset is known to be there", func() bool { return a.choose("ready") == nil })
	return a
}

// takes has a browser accept the next call and returns the conversation.
func (x *switchboard) takes(a *deskAgent, c *caller) string {
	x.t.Helper()
	id := c.asks()
	select {
	case offer := <-a.offers:
		x.must(a.rest.post(a.life, "/desk/offers/"+offer.id+"/accept", "", struct{}{}, nil))
	case <-time.After(10 * time.Second):
		x.t.Fatal("nobody is rung")
	}
	c.hears(agentTone)
	return id
}

// order has an agent do something in a conversation and returns the refusal.
func order(a *deskAgent, id, verb string, target map[string]string) (int, error) {
	body := map[string]any{"verb": verb}
	if target != nil {
		body["target"] = target
	}
	return a.rest.post(a.life, "/desk/talks/"+id+"/command", "", body, nil)
}

// onlyAllowed fails unless a number was refused with the reason.
func (x *switchboard) onlyAllowed(status int, err error) {
	x.t.Helper()
	if status != http.StatusForbidden || !strings.Contains(err.Error(), "该号码不在允许外呼的名单中") {
		x.t.Errorf("a number that may not be called: %d %v", status, err)
	}
}

// joined waits until somebody has joined.
func (c *caller) joined(party, role string) {
	c.x.t.Helper()
	c.event(party+" joins", func(b hotline.EventBody) bool {
		j, ok := b.(hotline.Joined)
		return ok && j.Party == party && j.Role == role
	})
}

// conferred has an agent in a browser call numbers beside a caller.
func conferred(x *switchboard, _, _ *phoneAgent) {
	a := x.inBrowser("zhao", callerTone)
	c := x.call()
	id := x.takes(a, c)
	x.onlyAllowed(order(a, id, "consult", map[string]string{"number": forbidden}))

	x.must(order(a, id, "consult", map[string]string{"number": colleague}))
	x.carrier.Wait("CALL_ESTABLISHED")
	c.joined(colleague, "peer")
	from := c.length()
	x.hears(x.carrier, agentTone)
	if holdsTone(c.since(from), c.format.Rate, trunkTone) {
		x.t.Error("the caller hears whom the agent consults")
	}
	x.must(order(a, id, "merge", nil))
	c.hears(trunkTone)
	x.hears(x.carrier, callerTone)
	x.must(order(a, id, "drop", nil))
	x.carrier.Wait("CALL_CLOSED")

	x.must(order(a, id, "consult", map[string]string{"number": engaged}))
	x.carrier.Wait("CALL_INCOMING")
	x.carrier.HangUp(engaged)
	c.offerEnded(engaged, "busy")
	c.hears(agentTone)
	c.hangUp()
	x.apart(id, map[string]float64{"caller": callerTone, "peer:" + colleague: trunkTone})
	_ = a.choose("offline")
}

// rescued is somebody whose house burns: 119 is called at once, and an agent joins them.
func rescued(x *switchboard, _, lin *phoneAgent) {
	lin.ready()
	c := x.call()
	c.speaks("我家着火了，快来救火！")
	id := string(c.event("handed over", func(b hotline.EventBody) bool { return b.Kind() == hotline.HandedOver{}.Kind() }).Conversation)
	x.carrier.Wait("CALL_ESTABLISHED")
	c.joined("119", "service")
	c.hears(trunkTone) // while the agent is rung
	lin.rung()
	lin.answer("1")
	c.hears(linTone, trunkTone)
	x.hears(lin.Baresip, callerTone, trunkTone)
	x.hears(x.carrier, callerTone, linTone)
	x.carrier.HangUp("119")
	c.event("119 leaves", func(b hotline.EventBody) bool { l, ok := b.(hotline.Left); return ok && l.Party == "119" })
	c.hears(linTone)
	c.hangUp()
	lin.Wait("CALL_CLOSED")
	x.apart(id, map[string]float64{"caller": callerTone, "agent:" + lin.id: linTone, "service:119": trunkTone})
	_ = lin.choose("offline")
}

// calledIn is 119 that an agent calls into a talk.
func calledIn(x *switchboard, _, _ *phoneAgent) {
	a := x.inBrowser("zhao", callerTone)
	c := x.call()
	id := x.takes(a, c)
	x.must(order(a, id, "consult", map[string]string{"service": "119"}))
	x.carrier.Wait("CALL_ESTABLISHED")
	c.joined("119", "service")
	c.hears(agentTone, trunkTone)
	x.hears(x.carrier, callerTone, agentTone)
	x.must(order(a, id, "drop", nil))
	x.carrier.Wait("CALL_CLOSED")
	c.hears(agentTone)
	c.hangUp()
	x.apart(id, map[string]float64{"caller": callerTone, "agent:" + a.me(x.t): agentTone, "service:119": trunkTone})
	_ = a.choose("offline")
}

// speaks says something and goes on with the tone.
func (c *caller) speaks(text string) {
	c.x.t.Helper()
	engine, err := tts.NewClient(tts.ClientConfig{URL: c.x.r.Speech})
	if err != nil {
		c.x.t.Fatal(err)
	}
	defer engine.Close()
	var pcm []int16
	err = engine.Synthesize(c.x.t.Context(), tts.Request{Text: text}, func(piece []int16) error {
		pcm = append(pcm, piece...)
		return nil
	})
	if err != nil {
		c.x.t.Fatal(err)
	}
	mouth, err := phone.NewPlayer(c.leg.Format(), nil)
	if err != nil {
		c.x.t.Fatal(err)
	}
	if err := c.leg.SetSource(mouth); err != nil {
		c.x.t.Fatal(err)
	}
	said, err := mouth.Play(pcm, tts.SampleRate)
	if err != nil {
		c.x.t.Fatal(err)
	}
	select {
	case <-said.Done():
	case <-c.leg.Done():
		c.x.t.Fatal("hung up")
	}
	c.event("understood", func(b hotline.EventBody) bool { h, ok := b.(hotline.Heard); return ok && h.Text != "" })
	if err := c.leg.SetSource(callerVoice(c.leg.Format())); err != nil {
		c.x.t.Fatal(err)
	}
}

// passedOn is a call that an agent in a browser gives to one on a phone after they have talked.
func passedOn(x *switchboard, _, lin *phoneAgent) {
	a := x.inBrowser("zhao", linTone)
	c := x.call()
	id := x.takes(a, c)
	lin.ready()
	x.must(order(a, id, "consult", map[string]string{"agent": lin.id}))
	if rings := lin.rung(); rings != id {
		x.t.Errorf("rung for %s, want %s", rings, id)
	}
	from := c.length()
	whisper, rate := lin.pickUp()
	if heard := x.understood(whisper, rate); !holds(heard, whispered) {
		x.t.Errorf("the phone is told %q, want %q", heard, whispered)
	}
	a.hears.mu.Lock()
	heardEarly := !a.hears.since.IsZero()
	a.hears.mu.Unlock()
	if heardEarly || holdsTone(whisper, rate, agentTone) {
		x.t.Error("they hear each other before the second has accepted")
	}
	lin.press("1")
	x.hears(lin.Baresip, agentTone)
	if _, err := a.hears.heard(a.life); err != nil {
		x.t.Error(err)
	}
	if held := c.since(from); holdsTone(held, c.format.Rate, linTone) || loudness(held) < loudEnough {
		x.t.Error("the caller does not wait with music")
	}
	x.must(order(a, id, "complete", nil))
	c.joined(lin.id, "agent")
	c.hears(linTone)
	x.hears(lin.Baresip, callerTone)
	if state := a.state(); state == "busy" {
		x.t.Error("the first agent still has the call")
	}
	lin.Do("hangup", "")
	c.grades(lin)
	c.hangUp()
	_, _ = a.choose("offline"), lin.choose("offline")
}

// out calls a number for the agent.
func (a *deskAgent) out(number string) (id string, status int, err error) {
	var call struct{ Conversation string }
	status, err = a.rest.post(a.life, "/desk/calls", "", map[string]string{"number": number}, &call)
	return call.Conversation, status, err
}

// outgoing is what comes of a call that is being made.
type outgoing struct {
	id  string
	err error
}

func (a *deskAgent) begins(number string) <-chan outgoing {
	came := make(chan outgoing, 1)
	go func() {
		id, _, err := a.out(number)
		came <- outgoing{id, err}
	}()
	return came
}

// inVain wants that nothing came of a call, for a reason.
func (x *switchboard) inVain(call <-chan outgoing, reason string) {
	x.t.Helper()
	if got := <-call; got.err == nil || !strings.Contains(got.err.Error(), reason) {
		x.t.Errorf("called: %v, want %s", got.err, reason)
	}
}

// calledOut is an agent who calls a number.
func calledOut(x *switchboard, _, _ *phoneAgent) {
	a := x.inBrowser("zhao", trunkTone)
	_, status, err := a.out(forbidden)
	x.onlyAllowed(status, err)
	call := a.begins(engaged)
	x.carrier.Wait("CALL_INCOMING")
	x.carrier.HangUp(engaged)
	x.inVain(call, "没有接通：对方正忙")
	id, _, err := a.out(colleague)
	if err != nil {
		x.t.Fatal(err)
	}
	x.hears(x.carrier, agentTone)
	if _, err := a.hears.heard(a.life); err != nil {
		x.t.Error(err)
	}
	if _, status, _ := a.out(colleague); status != http.StatusConflict {
		x.t.Errorf("a second call at once: %d", status)
	}
	var seen struct{ Talk struct{ Dialled bool } }
	if _, err := a.rest.do(a.life, http.MethodGet, "/desk/talks/"+id, "", nil, &seen); err != nil || !seen.Talk.Dialled {
		x.t.Errorf("the console is not told that it takes keys: %v", err)
	}
	for _, key := range []string{"5", "#"} { // whoever was called may have a menu
		x.must(a.rest.post(a.life, "/desk/talks/"+id+"/command", "", map[string]string{"verb": "press", "keys": key}, nil))
		if got := x.carrier.Wait("CALL_DTMF_START"); got.Param != key {
			x.t.Errorf("pressed %s, the number got %q", key, got.Param)
		}
	}
	x.carrier.HangUp(colleague)
	x.await("free again", func() bool { return a.state() == "ready" })
	x.apart(id, map[string]float64{"caller": trunkTone, "agent:" + a.me(x.t): agentTone})
	_ = a.choose("offline")
}

// calledOutByPhone is one whose phone is rung first.
func calledOutByPhone(x *switchboard, _, lin *phoneAgent) {
	lin.ready()
	pickUp := func(number string) <-chan outgoing {
		call := lin.begins(number)
		lin.Wait("CALL_INCOMING")
		lin.Do("accept", "")
		lin.Wait("CALL_ESTABLISHED")
		return call
	}
	free := func() {
		x.t.Helper()
		lin.Wait("CALL_CLOSED")
		x.await("free again", func() bool { return lin.state() == "ready" })
	}
	call := pickUp(engaged)
	x.carrier.Wait("CALL_INCOMING")
	lin.Hear(tone.RingBack().Hz[0])
	x.carrier.HangUp(engaged)
	x.inVain(call, "没有接通：对方正忙")
	free()

	call = pickUp(engaged)
	x.carrier.Wait("CALL_INCOMING")
	lin.Do("hangup", "")
	x.inVain(call, "您已挂机")
	x.carrier.Wait("CALL_CLOSED")
	free()

	call = lin.begins(colleague)
	lin.Wait("CALL_INCOMING")
	lin.Do("hangup", "")
	x.inVain(call, "您的话机未接听")
	free()

	call = pickUp(colleague)
	x.hears(x.carrier, linTone)
	x.hears(lin.Baresip, trunkTone)
	if state := lin.state(); state != "busy" {
		x.t.Errorf("the agent is %s", state)
	}
	x.carrier.HangUp(colleague)
	free()
	x.apart((<-call).id, map[string]float64{"caller": trunkTone, "agent:" + lin.id: linTone})
	_ = lin.choose("offline")
}

func (a *deskAgent) me(t *testing.T) string {
	t.Helper()
	id, err := a.rest.agentID(a.life)
	if err != nil {
		t.Fatal(err)
	}
	return id
}
