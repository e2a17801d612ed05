package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotline-cc/hotline"
)

// People in real browsers: a citizen who calls from the page of a town, and agents and a supervisor in the console.
func inBrowsers(t *testing.T, c *centre) {
	f := &floor{storm: newStorm(t, c, 0), t: t}
	b := startBrowser(t)
	t.Run("a citizen calls from a page", func(t *testing.T) { b.t, f.t = t, t; citizenCalls(f, b) })
	t.Run("without a microphone the citizen goes on in writing", func(t *testing.T) { b.t = t; noMicrophone(f, b) })
	t.Run("an agent survives a reload, is listened to, and transfers", func(t *testing.T) { b.t, f.t = t, t; atTheDesk(f, b) })
	t.Run("a lost agent's caller goes to the next one within 5 s", func(t *testing.T) { agentIsLost(t, c.r) })
}

// citizenCalls clicks to call, hears the greeting, asks for a person by key, talks and hangs up.
func citizenCalls(f *floor, b *browser) {
	t := f.t
	agent, err := signIn(t.Context(), f.r, "wang", demoPassword)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = agent.close() }()
	agent.hears = newToneEar(browserTone)
	if err := agent.connect(t.Context(), f.r); err != nil {
		t.Fatal(err)
	}
	f.state(agent, "ready")
	b.do("citizen", "open", on{"url": "http://" + f.r.HTTP + "/demo/", "microphone": true})
	b.do("citizen", "click", on{"css": ".hl-launch"})
	b.do("citizen", "click", on{"role": "button", "name": "语音通话"})
	b.do("citizen", "wait", on{"text": "通话中"})
	board := f.await("the citizen's call", func(board stormBoard) bool { return len(board.Talks) == 1 })
	f.id = board.Talks[0].Conversation
	f.saying(b, "citizen")
	b.do("citizen", "click", on{"role": "button", "name": "拨号盘"})
	b.picture("citizen", "calling")
	b.do("citizen", "click", on{"role": "button", "name": "0", "exact": true})
	f.accept(agent)
	b.hears("citizen", []int{agentTone})
	agent.hears.wait()
	if _, err := agent.hears.heard(t.Context()); err != nil {
		t.Fatalf("the agent does not hear the citizen: %v", err)
	}
	time.Sleep(time.Second) // of the recording
	b.do("citizen", "click", on{"role": "button", "name": "挂断"})
	b.do("citizen", "gone", on{"css": ".hl-call"})
	f.free()
	f.recorded([]string{"caller", "hotline", "agent:"}, "caller", browserTone, "agent:", agentTone)
	b.do("citizen", "close", nil)
}

// saying waits until a page hears the bot.
func (f *floor) saying(b *browser, page string) {
	f.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		if levels, ok := b.do(page, "hears", on{"tones": []int{}}).(map[string]any); ok && levels["0"].(float64) > -60 {
			return
		}
	}
	f.t.Fatal("the bot is not heard")
}

// recorded checks the channels of the call's recording, and that two of them hold their party's tone.
func (f *floor) recorded(channels []string, sounds ...any) {
	f.t.Helper()
	recording, _, err := f.r.recording(f.t.Context(), hotline.ConversationID(f.id))
	if err != nil {
		f.t.Fatal(err)
	}
	var names []string
	for _, c := range recording.Channels {
		names = append(names, c.Name)
	}
	if !slices.EqualFunc(names, channels, strings.HasPrefix) {
		f.t.Fatalf("the recording has %v, want %v", names, channels)
	}
	for i := 0; i < len(sounds); i += 2 {
		at := slices.IndexFunc(names, func(n string) bool { return strings.HasPrefix(n, sounds[i].(string)) })
		ear := newToneEar(float64(sounds[i+1].(int)))
		pcm, err := soundOf(recording, at)
		if err != nil {
			f.t.Fatal(err)
		}
		for tick := range slices.Chunk(pcm, recording.Rate/50) {
			ear.take(tick, recording.Rate)
		}
		if ear.since.IsZero() {
			f.t.Errorf("the channel %s of the recording does not hold %v Hz", names[at], sounds[i+1])
		}
	}
}

// noMicrophone refuses the microphone: the page says what to do, and writing still works.
func noMicrophone(f *floor, b *browser) {
	b.do("shy", "open", on{"url": "http://" + f.r.HTTP + "/demo/", "microphone": false})
	b.do("shy", "click", on{"css": ".hl-launch"})
	b.do("shy", "click", on{"role": "button", "name": "语音通话"})
	b.do("shy", "wait", on{"text": "没有得到使用麦克风的许可"})
	b.picture("shy", "refused")
	b.do("shy", "fill", on{"role": "textbox", "name": "消息", "value": "办居住证要什么材料"})
	b.do("shy", "press", on{"key": "Enter"})
	b.do("shy", "wait", on{"text": "身份证"})
	b.do("shy", "close", nil)
}
