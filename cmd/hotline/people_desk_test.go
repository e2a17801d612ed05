package main

import (
	"context"
	"time"

	"github.com/hotline-cc/hotline/desk/handoff"
	"github.com/hotline-cc/hotline/media/dtmf"
)

// atTheDesk has an agent in a browser take a caller on the phone, a supervisor in another page listen, whisper and barge in, the agent's page
// be loaded anew, and the caller be given to a colleague.
func atTheDesk(f *floor, b *browser) {
	t := f.t
	b.enter("li", f.r)
	b.do("li", "click", on{"role": "button", "name": "开始接待"})
	b.do("li", "wait", on{"text": "耳麦正常"})
	b.do("li", "wait", on{"role": "button", "name": "状态 空闲"})
	telephone, err := startSoftphone(t.Context(), softphoneConfig{Codecs: onlyPCMA()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = telephone.close() }()
	if f.leg, err = telephone.dial(t.Context(), f.r.uri("12345")); err != nil {
		t.Fatal(err)
	}
	caller := newToneEar(browserTone)
	if err := f.leg.Join(caller.sink(f.leg.Format()), callerVoice(f.leg.Format())); err != nil {
		t.Fatal(err)
	}
	board := f.await("the call", func(board stormBoard) bool { return len(board.Talks) == 1 })
	f.id = board.Talks[0].Conversation
	if err := f.leg.SendKeys(0, dtmf.Key('0')); err != nil {
		t.Fatal(err)
	}
	b.do("li", "click", on{"role": "button", "name": "接听"})
	hears := func(who string) {
		t.Helper()
		b.hears("li", []int{callerTone})
		caller.wait()
		if _, err := caller.heard(t.Context()); err != nil {
			t.Fatalf("%s: the caller does not hear the agent: %v", who, err)
		}
	}
	hears("accepted")
	b.picture("li", "talking")

	b.do("li", "reload", nil)
	b.do("li", "wait", on{"role": "button", "name": "转接"})
	hears("loaded anew")
	f.await("the talk goes on", func(board stormBoard) bool {
		return len(board.Talks) == 1 && board.Talks[0].Phase == string(handoff.Talking)
	})

	b.enter("chief", f.r)
	b.do("chief", "click", on{"role": "button", "name": "耳麦未连接"})
	b.do("chief", "click", on{"role": "button", "name": "重新连接"})
	b.do("chief", "wait", on{"text": "耳麦正常"})
	b.do("chief", "press", on{"key": "Escape"})
	b.do("chief", "click", on{"role": "link", "name": "监控台"})
	b.do("chief", "click", on{"role": "button", "name": "监听"})
	b.do("chief", "wait", on{"role": "button", "name": "退出监控"})
	b.hears("chief", []int{callerTone, browserTone})
	b.picture("chief", "listening")
	// Every microphone says the same tone, so the agent's is off while it is found out who hears the supervisor's.
	b.do("li", "click", on{"role": "button", "name": "静音"})
	b.hears("li", []int{callerTone}, browserTone)
	b.do("chief", "click", on{"role": "button", "name": "耳语"})
	b.hears("li", []int{callerTone, browserTone})
	caller.wait()
	short, cancel := context.WithTimeout(t.Context(), time.Second)
	if _, err := caller.heard(short); err == nil {
		t.Error("the caller hears what a supervisor whispers")
	}
	cancel()
	b.do("chief", "click", on{"role": "button", "name": "强插"})
	hears("barged in")
	b.do("chief", "click", on{"role": "button", "name": "退出监控"})
	b.do("chief", "close", nil)
	b.do("li", "click", on{"role": "button", "name": "取消静音"})
	hears("left")

	zhao := f.agent("zhao")
	defer func() { _ = zhao.close() }()
	f.state(zhao, "ready")
	b.do("li", "click", on{"role": "button", "name": "转接"})
	b.do("li", "fill", on{"role": "combobox", "name": "姓名、工号、队列或号码", "value": "zhao"})
	b.do("li", "wait", on{"role": "option", "name": "zhao"})
	b.picture("li", "transfers")
	b.do("li", "click", on{"role": "button", "name": "直接转接"})
	second := newToneEar(agentTone)
	if err := f.leg.Join(second.sink(f.leg.Format()), callerVoice(f.leg.Format())); err != nil {
		t.Fatal(err)
	}
	f.accept(zhao)
	if _, err := second.heard(t.Context()); err != nil {
		t.Fatalf("the caller does not hear the second agent: %v", err)
	}
	if _, err := zhao.hears.heard(t.Context()); err != nil {
		t.Fatalf("the second agent does not hear the caller: %v", err)
	}
	if err := f.leg.Hangup(t.Context(), "done"); err != nil {
		t.Fatal(err)
	}
	b.do("li", "close", nil)
	f.await("the call is over", func(board stormBoard) bool { return len(board.Talks) == 0 })
	f.recorded([]string{"caller", "hotline", "agent:", "supervisor:", "agent:"}, "caller", callerTone, "agent:", browserTone)
}

// enter opens the console and logs in.
func (b *browser) enter(login string, r *rig) {
	b.t.Helper()
	b.do(login, "open", on{"url": "http://" + r.HTTP + "/console/", "microphone": true})
	b.do(login, "fill", on{"label": "账号", "value": login})
	b.do(login, "fill", on{"label": "密码", "value": demoPassword})
	b.do(login, "press", on{"key": "Enter"})
}
