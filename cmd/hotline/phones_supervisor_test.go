package main

import (
	"slices"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/call/playback"
	"github.com/hotline-cc/hotline/desk"
)

// supervised is a talk of two phones that a third one is called into.
func supervised(x *switchboard, han, _ *phoneAgent) {
	boss := x.onPhone("boss", bossPhone, bossTone)
	boss.ready()
	free := func() {
		x.t.Helper()
		boss.Wait("CALL_CLOSED")
		x.await("free again", func() bool { return boss.state() == "ready" })
	}
	c, id := x.talk(han)

	asked := boss.supervises(id, desk.Listen)
	boss.Wait("CALL_INCOMING")
	if state := boss.state(); state != "busy" {
		x.t.Errorf("who is rung is %s", state)
	}
	boss.Do("hangup", "")
	x.inVain(asked, "您的话机正忙")
	free()

	boss.joins(id, desk.Listen)
	from := c.length()
	x.hears(boss.Baresip, callerTone, hanTone)
	boss.unheard(c, from)
	if pcm, rate := han.Recorded(); holdsTone(pcm, rate, bossTone) {
		x.t.Error("the agent hears a supervisor who listens")
	}
	boss.must(id, desk.Whisper)
	x.hears(han.Baresip, bossTone, callerTone)
	boss.unheard(c, from)
	boss.must(id, desk.Barge)
	c.hears(bossTone, hanTone)
	boss.Do("hangup", "")
	c.event("the supervisor leaves", func(b hotline.EventBody) bool { l, ok := b.(hotline.Left); return ok && l.Party == boss.id })
	free()

	boss.joins(id, desk.Listen)
	boss.must(id, desk.Leave)
	free()
	c.hears(hanTone) // whatever the supervisor does

	boss.joins(id, desk.Listen)
	boss.must(id, desk.TakeOver)
	han.Wait("CALL_CLOSED")
	c.joined(boss.id, "agent")
	c.hears(bossTone)
	x.hears(boss.Baresip, callerTone)
	boss.Do("hangup", "")
	c.grades(boss)
	c.ended()
	free()
	x.apart(id, map[string]float64{"caller": callerTone, "agent:" + han.id: hanTone})
	recording, _, err := x.r.recording(x.t.Context(), hotline.ConversationID(id))
	if err != nil {
		x.t.Fatal(err)
	}
	if !slices.ContainsFunc(recording.Channels, func(c playback.Channel) bool { return c.Name == "agent:"+boss.id }) {
		x.t.Errorf("who took over has no channel as an agent: %+v", recording.Channels)
	}

	before, id := x.talk(han)
	boss.joins(id, desk.Listen)
	c = x.call()
	asked = boss.supervises(c.conversation(), desk.Barge)
	boss.Wait("CALL_CLOSED") // with one line it cannot be rung before
	boss.Wait("CALL_INCOMING")
	c.hangUp()
	x.inVain(asked, "通话已结束")
	free()
	before.hangUp()
	han.Wait("CALL_CLOSED")
	_, _ = han.choose("offline"), boss.choose("offline")
}

// supervises has a supervisor do something in a conversation, which may wait for their phone.
func (p *phoneAgent) supervises(id string, verb desk.Verb) <-chan outgoing {
	came := make(chan outgoing, 1)
	go func() {
		_, err := p.rest.post(p.life, "/desk/talks/"+id+"/supervise", "", map[string]string{"verb": string(verb)}, nil)
		came <- outgoing{id, err}
	}()
	return came
}

// must has a supervisor do what needs no ringing.
func (p *phoneAgent) must(id string, verb desk.Verb) {
	p.x.t.Helper()
	if got := <-p.supervises(id, verb); got.err != nil {
		p.x.t.Fatalf("%s: %v", verb, got.err)
	}
}

// joins has a supervisor pick up the phone that rings for a conversation.
func (p *phoneAgent) joins(id string, verb desk.Verb) {
	p.x.t.Helper()
	asked := p.supervises(id, verb)
	p.Wait("CALL_INCOMING")
	p.Do("accept", "")
	p.Wait("CALL_ESTABLISHED")
	if got := <-asked; got.err != nil {
		p.x.t.Fatalf("%s: %v", verb, got.err)
	}
}

// unheard checks that a caller has not heard the supervisor since.
func (p *phoneAgent) unheard(c *caller, from int) {
	p.x.t.Helper()
	if holdsTone(c.since(from), c.format.Rate, bossTone) {
		p.x.t.Error("the caller hears the supervisor")
	}
}

// conversation is the one that the call has become.
func (c *caller) conversation() string {
	c.x.t.Helper()
	return string(c.event("the conversation", func(b hotline.EventBody) bool { return b.Kind() == hotline.Started{}.Kind() }).Conversation)
}
